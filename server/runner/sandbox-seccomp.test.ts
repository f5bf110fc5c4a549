import { expect, test } from "vitest";
import { seccompProgram } from "./sandbox-seccomp";

const archs = { x64: 0xc000003e, arm64: 0xc00000b7 };
const allow = 0x7fff0000;
const eperm = 0x00050001;

/** The kernel's own reading of the program, as far as it uses the language. */
function verdict(arch: keyof typeof archs, nr: number, args: number[] = [], audit = archs[arch]): number {
  const program = seccompProgram(arch);
  const data = Buffer.alloc(64);
  data.writeUInt32LE(nr >>> 0, 0);
  data.writeUInt32LE(audit, 4);
  for (const [i, arg] of args.entries()) data.writeBigUInt64LE(BigInt(arg), 16 + 8 * i);
  for (let at = 0, value = 0; ; at++) {
    const code = program.readUInt16LE(at * 8);
    const k = program.readUInt32LE(at * 8 + 4);
    const jump = (isTrue: boolean) => program.readUInt8(at * 8 + (isTrue ? 2 : 3));
    if (code === 0x06) return k;
    if (code === 0x20) value = data.readUInt32LE(k);
    else if (code === 0x15) at += jump(value === k);
    else if (code === 0x35) at += jump(value >= k);
    else if (code === 0x45) at += jump((value & k) !== 0);
    else throw new Error(`unknown instruction ${code}`);
  }
}

test("ordinary calls pass and dangerous ones do not, on both processors", () => {
  for (const [arch, read, clone, socket, ioctl, ptrace, mount] of [["x64", 0, 56, 41, 16, 101, 165], ["arm64", 63, 220, 198, 29, 117, 40]] as const) {
    expect(verdict(arch, read)).toBe(allow);
    expect(verdict(arch, ptrace)).toBe(eperm);
    expect(verdict(arch, mount)).toBe(eperm);
    expect(verdict(arch, 425)).toBe(eperm);
    expect(verdict(arch, 435)).toBe(0x00050026);
    // A thread, then a user namespace.
    expect(verdict(arch, clone, [0x3d0f00])).toBe(allow);
    expect(verdict(arch, clone, [0x10000011])).toBe(eperm);
    expect([1, 2, 10, 16].map((family) => verdict(arch, socket, [family]))).toEqual([allow, allow, allow, allow]);
    expect([17, 38, 40].map((family) => verdict(arch, socket, [family]))).toEqual(Array(3).fill(0x00050061));
    expect(verdict(arch, ioctl, [0, 0x5401])).toBe(allow);
    expect(verdict(arch, ioctl, [0, 0x5412])).toBe(eperm);
    // The kernel ignores the high half of the number, and so must the filter.
    expect(verdict(arch, ioctl, [0, 0x7_0000_5412])).toBe(eperm);
    expect(verdict(arch, read, [], 0x40000003)).toBe(0x80000000);
  }
  expect(verdict("x64", 0x40000000 + 165)).toBe(0x80000000);
});

test("a processor without a list gets no filter, and so no step", () => {
  expect(() => seccompProgram("riscv64")).toThrow(/no system call filter/);
});
