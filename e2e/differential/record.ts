/* `npm run record:mlflow`: plays every scenario to the real server and keeps its answers. */
import { play } from "./play";
import { type Recording, writeRecording } from "./recording";
import { textOf } from "./scenario";
import { scenarios } from "./scenarios";
import { startMlflow } from "./start-mlflow";

const { url, stop } = await startMlflow();
try {
  const recording: Recording = {};
  for (const scenario of scenarios) {
    const answers = await play(scenario, { url });
    recording[scenario.name] = scenario.steps.map((step, i) => {
      const answer = answers[i];
      if (!answer) throw new Error(`"${scenario.name}" was not played to its end.`);
      return { request: textOf(step), answer };
    });
    console.log(`${scenario.name}: ${scenario.steps.length}`);
  }
  writeRecording(recording);
} finally {
  stop();
}
