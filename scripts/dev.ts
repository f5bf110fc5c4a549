/* `npm run dev`: the same supervisor from source. Pages reload by themselves; a change in server/ takes a restart of the process concerned. */
import { watch } from "node:fs";
import { supervise } from "../server/main";
import { makeProgress } from "./stages.mjs";

const progress = makeProgress();
supervise({ progress, isDev: true, onChildren: watchServer }).catch((error) => {
  progress.fail(error.message);
  process.exit(1);
});

function watchServer(children: { name: string; restart: () => void }[]) {
  let timer: NodeJS.Timeout | undefined;
  for (const folder of ["server", "common"]) {
    watch(folder, { recursive: true }, (_event, file) => {
      if (!file || /\.test\.ts$/.test(file)) return;
      clearTimeout(timer);
      timer = setTimeout(() => {
        for (const child of children) child.restart();
      }, 300);
    });
  }
}
