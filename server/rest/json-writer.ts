/*
 * A large answer, written piece by piece into one buffer. A text put together from a hundred thousand pieces is a tree of them, which
 * the garbage collector then walks for longer than it took to make them.
 */
export class JsonWriter {
  private bytes: Buffer;
  private at = 0;

  constructor(expectedBytes: number) {
    this.bytes = Buffer.allocUnsafe(Math.max(1024, expectedBytes));
  }

  get length(): number {
    return this.at;
  }

  write(text: string): void {
    // No character takes more than three bytes of UTF-8 for each unit of its length.
    const most = text.length * 3;
    if (this.at + most > this.bytes.length) {
      const larger = Buffer.allocUnsafe(Math.max(this.bytes.length * 2, this.at + most));
      this.bytes.copy(larger, 0, 0, this.at);
      this.bytes = larger;
    }
    this.at += this.bytes.write(text, this.at);
  }

  done(): Buffer {
    return this.bytes.subarray(0, this.at);
  }
}
