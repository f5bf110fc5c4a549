import { main } from "../runner";
import { run } from "./run";

run("runner", async () => {
  await main();
  process.exit(0);
});
