import type { Readable } from "node:stream";
import type { Ctx } from "@/server/ctx";
import { keyOfUri, openByProxyPath } from "@/server/domain/artifacts";
import { type Experiment, findExperimentByName, getExperiment, searchExperiments } from "@/server/domain/experiments";
import { type ModelVersion, searchLoggedModels, searchModelVersions, searchRegisteredModels } from "@/server/domain/models";
import { type ExactRun, metricHistory, searchExactRuns } from "@/server/domain/runs";
import { findStoredSizes } from "@/server/domain/transfers";
import type { FileOwner, Source, SourceExperiment, SourceFile, SourceLoggedModel, SourcePoint, SourceRegisteredModel, SourceRun, SourceVersion } from "../types";

const isPrompt = "tags.`mlflow.prompt.is_prompt` = 'true'";

/** A workspace of this Flowbook, by the verbs of its pages. */
export class FlowbookSource implements Source {
  constructor(
    private readonly ctx: Ctx,
    readonly label: string,
  ) {}

  async *experiments(wanted: string[]): AsyncIterable<SourceExperiment> {
    const { ctx } = this;
    for (const nameOrId of wanted) {
      const found = (await findExperimentByName(ctx, { name: nameOrId })) ?? (/^\d{1,10}$/.test(nameOrId) ? await getExperiment(ctx, { experimentId: Number(nameOrId) }).catch(() => null) : null);
      if (!found) throw new Error(`${this.label} has no experiment '${nameOrId}'.`);
      yield toExperiment(found);
    }
    if (wanted.length > 0) return;
    for (let pageToken: string | undefined; ; ) {
      const page = await searchExperiments(ctx, { viewType: "ALL", maxResults: 1000, orderBy: ["creation_time ASC"], pageToken });
      yield* page.experiments.map(toExperiment);
      if (!page.nextPageToken) return;
      pageToken = page.nextPageToken;
    }
  }

  async *runs(experimentId: string): AsyncIterable<SourceRun[]> {
    for (let pageToken: string | undefined; ; ) {
      const page = await searchExactRuns(this.ctx, { experimentIds: [Number(experimentId)], viewType: "ALL", maxResults: 200, pageToken });
      if (page.runs.length > 0) yield page.runs.map(toRun);
      if (!page.nextPageToken) return;
      pageToken = page.nextPageToken;
    }
  }

  async *points(run: SourceRun): AsyncIterable<SourcePoint[]> {
    for (const { key } of run.latestMetrics) {
      for (let pageToken: string | undefined; ; ) {
        const page = await metricHistory(this.ctx, { runId: run.id, key, limit: 20_000, pageToken });
        if (page.points.length > 0) yield page.points.toArray().map((p) => ({ key, value: p.value, step: BigInt(p.step), timestampMs: BigInt(p.timestampMs) }));
        if (!page.nextPageToken) break;
        pageToken = page.nextPageToken;
      }
    }
  }

  async *loggedModels(experimentId: string): AsyncIterable<SourceLoggedModel[]> {
    for (let pageToken: string | undefined; ; ) {
      const page = await searchLoggedModels(this.ctx, { experimentIds: [Number(experimentId)], maxResults: 200, pageToken });
      if (page.models.length > 0) {
        yield page.models.map((m) => ({ ...m, experimentId, isDeleted: false, metrics: m.metrics.map((x) => ({ ...x, runId: x.runId ?? "" })) }));
      }
      if (!page.nextPageToken) return;
      pageToken = page.nextPageToken;
    }
  }

  async *registeredModels(): AsyncIterable<SourceRegisteredModel> {
    for (const filter of [undefined, isPrompt]) {
      for (let pageToken: string | undefined; ; ) {
        const page = await searchRegisteredModels(this.ctx, { filter, maxResults: 100, pageToken });
        for (const m of page.models) yield { ...m, versions: await this.versions(m.name, filter) };
        if (!page.nextPageToken) break;
        pageToken = page.nextPageToken;
      }
    }
  }

  private async versions(name: string, filter: string | undefined): Promise<SourceVersion[]> {
    const versions: SourceVersion[] = [];
    const isThis = name.includes("'") ? `name = "${name}"` : `name = '${name}'`;
    for (let pageToken: string | undefined; ; ) {
      const page = await searchModelVersions(this.ctx, { filter: filter ? `${isThis} AND ${filter}` : isThis, orderBy: ["version_number ASC"], maxResults: 1000, pageToken });
      versions.push(...page.versions.map(toVersion));
      if (!page.nextPageToken) return versions;
      pageToken = page.nextPageToken;
    }
  }

  files(owner: FileOwner): AsyncIterable<SourceFile> | null {
    const root = keyOfUri(owner.artifactUri);
    return root === null ? null : this.stored(root);
  }

  private async *stored(root: string): AsyncIterable<SourceFile> {
    for (const [path, sizeBytes] of await findStoredSizes(this.ctx, root)) yield { path, sizeBytes };
  }

  async openFile(owner: FileOwner, path: string): Promise<Readable> {
    const opened = await openByProxyPath(this.ctx, { proxyPath: `${keyOfUri(owner.artifactUri)}/${path}` });
    return opened.stream;
  }

  async close(): Promise<void> {}
}

const toExperiment = (e: Experiment): SourceExperiment => ({ ...e, id: String(e.id) });

const toRun = ({ inputs, outputs, ...run }: ExactRun): SourceRun => ({
  ...run,
  experimentId: String(run.experimentId),
  deletedTimeMs: null,
  datasets: inputs.datasets.map(({ dataset: d, tags }) => ({ dataset: { ...d, schema: d.schema ?? undefined, profile: d.profile ?? undefined }, tags })),
  modelInputs: inputs.models.map((m) => m.modelId),
  modelOutputs: outputs.models,
});

const toVersion = ({ runId, description, ...v }: ModelVersion): SourceVersion => ({ ...v, description: description ?? "", runId: runId ?? "", userId: null, isDeleted: false });
