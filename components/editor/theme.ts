import type { Monaco } from "./load-monaco";

export const themeName = "flowbook";

/** Whether the page is dark now: the reader's choice, else the system's. */
export function isDark(): boolean {
  const chosen = document.documentElement.dataset.theme;
  return chosen === "dark" || (chosen !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
}

/** The value of a look token now, such as `token("--code-string")`. */
export const token = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** Calls back when the page turns light or dark. Returns the way to stop. */
export function onThemeChange(tell: () => void): () => void {
  const observer = new MutationObserver(tell);
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
  const system = matchMedia("(prefers-color-scheme: dark)");
  system.addEventListener("change", tell);
  return () => {
    observer.disconnect();
    system.removeEventListener("change", tell);
  };
}

/** Gives Monaco the page's colours, and again whenever they change. Once a page. */
export function keepTheme(monaco: Monaco): void {
  const set = () => {
    const color = (name: string) => asHex(token(name));
    const rule = (of: string, name: string, fontStyle?: string) => ({ token: of, foreground: color(name).slice(1), ...(fontStyle ? { fontStyle } : {}) });
    monaco.editor.defineTheme(themeName, {
      base: isDark() ? "vs-dark" : "vs",
      inherit: true,
      rules: [
        { token: "", foreground: color("--text").slice(1) },
        rule("keyword", "--code-keyword"),
        rule("string", "--code-string"),
        // The base theme has rules of its own for these.
        rule("string.yaml", "--code-string"),
        rule("string.sql", "--code-string"),
        rule("string.key.json", "--code-key"),
        rule("keyword.flow", "--code-keyword"),
        rule("predefined.sql", "--code-function"),
        rule("operator.sql", "--text-2"),
        rule("number", "--code-number"),
        rule("constant", "--code-number"),
        rule("type", "--code-key"),
        rule("key", "--code-key"),
        rule("function", "--code-function"),
        rule("predefined", "--code-function"),
        rule("variable", "--code-function"),
        rule("identifier", "--text"),
        rule("tag", "--code-decorator"),
        rule("annotation", "--code-decorator"),
        rule("attribute", "--code-decorator"),
        rule("comment", "--code-comment", "italic"),
        rule("delimiter", "--text-2"),
        rule("operators", "--text-2"),
      ],
      colors: {
        "editor.background": color("--surface"),
        "editor.foreground": color("--text"),
        "editorLineNumber.foreground": color("--text-3"),
        "editorLineNumber.activeForeground": color("--text"),
        "editor.lineHighlightBackground": color("--code-line"),
        "editor.lineHighlightBorder": "#00000000",
        "editor.selectionBackground": `${color("--accent")}33`,
        "editor.inactiveSelectionBackground": `${color("--accent")}1f`,
        ...Object.fromEntries([1, 2, 3, 4, 5, 6].map((n) => [`editorBracketHighlight.foreground${n}`, color("--text-2")])),
        "editorBracketHighlight.unexpectedBracket.foreground": color("--danger"),
        "editorBracketMatch.background": `${color("--accent")}22`,
        "editorBracketMatch.border": "#00000000",
        "editorCursor.foreground": color("--text"),
        "editorWhitespace.foreground": color("--line-strong"),
        "editorGutter.background": color("--surface"),
        "editorWidget.background": color("--raised"),
        "editorWidget.border": color("--line-strong"),
        "editorHoverWidget.background": color("--raised"),
        "editorSuggestWidget.selectedBackground": color("--selected"),
        "editorSuggestWidget.selectedForeground": color("--text"),
        "input.background": color("--surface"),
        "input.border": color("--line-input"),
        focusBorder: color("--accent"),
        "editorError.foreground": color("--danger"),
        "editorWarning.foreground": color("--warn"),
        "diffEditor.insertedLineBackground": color("--diff-add"),
        "diffEditor.removedLineBackground": color("--diff-del"),
        "diffEditor.insertedTextBackground": color("--diff-add-mark"),
        "diffEditor.removedTextBackground": color("--diff-del-mark"),
        "diffEditor.diagonalFill": color("--line"),
        "diffEditor.unchangedRegionBackground": color("--sunken"),
        "scrollbar.shadow": "#00000000",
        "scrollbarSlider.background": `${color("--text-3")}40`,
        "scrollbarSlider.hoverBackground": `${color("--text-3")}66`,
        "menu.background": color("--raised"),
        "menu.foreground": color("--text"),
        "quickInput.background": color("--raised"),
      },
    });
    monaco.editor.setTheme(themeName);
  };
  set();
  onThemeChange(set);
}

/** Monaco takes #rrggbb only; a token that is something else (a page without the look) falls back to grey. */
function asHex(value: string): string {
  if (/^#[0-9a-f]{6}$/i.test(value)) return value;
  const short = /^#([0-9a-f])([0-9a-f])([0-9a-f])$/i.exec(value);
  return short ? `#${short[1]}${short[1]}${short[2]}${short[2]}${short[3]}${short[3]}` : "#808080";
}
