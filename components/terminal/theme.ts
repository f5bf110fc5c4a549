import type { ITheme } from "@xterm/xterm";

const token = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** The page's terminal colours as xterm takes them. */
export function terminalTheme(): ITheme {
  const accent = token("--accent");
  return {
    background: token("--term"),
    foreground: token("--term-text"),
    cursor: token("--term-text"),
    cursorAccent: token("--term"),
    selectionBackground: `${accent}40`,
    black: token("--ansi-black"),
    red: token("--ansi-red"),
    green: token("--ansi-green"),
    yellow: token("--ansi-yellow"),
    blue: token("--ansi-blue"),
    magenta: token("--ansi-magenta"),
    cyan: token("--ansi-cyan"),
    white: token("--ansi-white"),
    brightBlack: token("--ansi-bright-black"),
    brightRed: token("--ansi-bright-red"),
    brightGreen: token("--ansi-bright-green"),
    brightYellow: token("--ansi-bright-yellow"),
    brightBlue: token("--ansi-bright-blue"),
    brightMagenta: token("--ansi-bright-magenta"),
    brightCyan: token("--ansi-bright-cyan"),
    brightWhite: token("--ansi-bright-white"),
  };
}
