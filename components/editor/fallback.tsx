/** The text in the editor's place and measures, until the editor is there. Readers and find-in-page have it at once. */
export function Fallback({ text, lines }: { text: string; lines: number }) {
  const all = text.split("\n");
  return (
    <div className="code fe-fallback" aria-hidden="false">
      <div className="code__in">
        {all.slice(0, lines).map((line, i) => (
          <div className="ln" key={i}>
            <span className="no" aria-hidden="true">{i + 1}</span>
            <span className="tx">{line}</span>
          </div>
        ))}
      </div>
    </div>
  );
}

/** The height of so many lines in the editor, in pixels; a text that goes on below has no margin there. */
export const heightOf = (lines: number, goesOn = false): number => Math.max(1, lines) * 20 + (goesOn ? 6 : 12);

export const countLines = (text: string): number => {
  let lines = 1;
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) lines++;
  return lines;
};
