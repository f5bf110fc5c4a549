/** Why a step could not be started, in words for its reason. Anything else that is thrown is a fault of ours. */
export class StepFailure extends Error {
  override readonly name = "StepFailure";
}
