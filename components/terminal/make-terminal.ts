import { FitAddon } from "@xterm/addon-fit";
import { SearchAddon } from "@xterm/addon-search";
import { type ILink, Terminal } from "@xterm/xterm";
import { linksIn } from "./links";
import { terminalTheme } from "./theme";

export type RunTerminal = {
  terminal: Terminal;
  search: SearchAddon;
  /** Resolves when the bytes are drawn. */
  write: (bytes: Uint8Array) => Promise<void>;
  fit: () => void;
  setTheme: () => void;
  isAtEnd: () => boolean;
  dispose: () => void;
};

type Options = {
  label: string;
  isInteractive: () => boolean;
  onInput: (data: string) => void;
  onResize: (cols: number, rows: number) => void;
  onScroll: () => void;
  open: (href: string, isOurs: boolean) => void;
  runHref: (runId: string) => string;
  experimentHref: (experimentId: string) => string;
};

/** A terminal for a stored log, in `host`. It holds the last 50 000 lines; the download has all. */
export function makeTerminal(host: HTMLElement, options: Options): RunTerminal {
  const terminal = new Terminal({
    convertEol: false,
    scrollback: 50_000,
    fontFamily: getComputedStyle(document.documentElement).getPropertyValue("--mono").trim() || "monospace",
    fontSize: 12.5,
    lineHeight: 1.25,
    theme: terminalTheme(),
    cursorBlink: false,
    cursorStyle: "bar",
    cursorInactiveStyle: "none",
    disableStdin: !options.isInteractive(),
    screenReaderMode: false,
    allowProposedApi: true,
    // OSC 8 links name one place and may open another: the address is what is checked and opened, on a click only.
    linkHandler: { activate: (_event, uri) => openLink(uri), allowNonHttpProtocols: false },
  });
  const fitAddon = new FitAddon();
  const search = new SearchAddon();
  terminal.loadAddon(fitAddon);
  terminal.loadAddon(search);
  terminal.open(host);
  terminal.textarea?.setAttribute("aria-label", options.label);

  const ours = { runHref: options.runHref, experimentHref: options.experimentHref };
  function openLink(uri: string) {
    const [link] = linksIn(uri, ours);
    if (link) options.open(link.href, link.isOurs);
  }
  terminal.registerLinkProvider({
    provideLinks(row, give) {
      give(linksAt(terminal, row, ours).map((l) => ({ ...l.place, text: l.text, activate: () => options.open(l.href, l.isOurs) })));
    },
  });
  // A log may ring a bell, set a title or ask the terminal questions; none of it is answered, as an answer would be typed into the step.
  for (const final of ["c", "n"]) terminal.parser.registerCsiHandler({ final }, () => true);
  terminal.parser.registerCsiHandler({ prefix: ">", final: "c" }, () => true);
  terminal.parser.registerCsiHandler({ prefix: "?", final: "n" }, () => true);
  terminal.parser.registerOscHandler(52, () => true);

  const isTyped = () => options.isInteractive();
  terminal.onData((data) => isTyped() && options.onInput(data));
  terminal.onResize(({ cols, rows }) => options.onResize(cols, rows));
  terminal.onScroll(options.onScroll);
  terminal.attachCustomKeyEventHandler((event) => {
    // Tab and Esc belong to the page while nothing can be typed; copy always does.
    if (!isTyped()) return false;
    return !(event.type === "keydown" && event.ctrlKey && event.shiftKey && event.code === "KeyC");
  });

  return {
    terminal,
    search,
    write: (bytes) => new Promise((resolve) => terminal.write(bytes, resolve)),
    fit: () => {
      if (host.clientWidth > 40 && host.clientHeight > 20) fitAddon.fit();
    },
    setTheme: () => {
      terminal.options.theme = terminalTheme();
    },
    isAtEnd: () => terminal.buffer.active.viewportY >= terminal.buffer.active.baseY,
    dispose: () => terminal.dispose(),
  };
}

/** The links that touch a row (1-based), also those that the terminal's width broke over several rows. */
function linksAt(terminal: Terminal, row: number, ours: Parameters<typeof linksIn>[1]): (ReturnType<typeof linksIn>[number] & { place: Pick<ILink, "range"> })[] {
  const buffer = terminal.buffer.active;
  let first = row - 1;
  while (first > 0 && row - 1 - first < 20 && buffer.getLine(first)?.isWrapped) first--;
  let text = "";
  const cells: { x: number; y: number }[] = [];
  for (let y = first; y < first + 40; y++) {
    const line = buffer.getLine(y);
    if (!line || (y > first && !line.isWrapped)) break;
    for (let x = 0; x < line.length; x++) {
      const cell = line.getCell(x);
      if (!cell || cell.getWidth() === 0) continue;
      const chars = cell.getChars() || " ";
      for (const _ of chars) cells.push({ x: x + 1, y: y + 1 });
      text += chars.length === [...chars].length ? chars : " ".repeat([...chars].length);
    }
  }
  return linksIn(text, ours).flatMap((link) => {
    const start = cells[link.start];
    const end = cells[link.end - 1];
    return start && end ? [{ ...link, place: { range: { start, end } } }] : [];
  });
}
