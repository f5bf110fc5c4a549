import type { Readable } from "node:stream";
import { placeOf } from "../artifact-place";
import { eachAtOnce } from "../problems";
import { type Query, type RestClient, RestError } from "../rest-client";
import type { FileOwner, Source, SourceExperiment, SourceFile, SourceLoggedModel, SourcePoint, SourceRegisteredModel, SourceRun, SourceVersion } from "../types";
import { toExperiment, toLoggedModel, toMetric, toRun, toVersion, type WireExperiment, type WireLoggedModel, type WireRegisteredModel, type WireRun, type WireVersion } from "./http-wire";

const api = "/api/2.0/mlflow";
const isPrompt = "tags.`mlflow.prompt.is_prompt` = 'true'";

/** A tracking server, over MLflow's REST API: what it does not show (deleted logged models and versions) is not seen. */
export class HttpSource implements Source {
  readonly label: string;
  private knowsModels: boolean | undefined;

  constructor(private readonly client: RestClient) {
    this.label = client.label;
  }

  async *experiments(wanted: string[]): AsyncIterable<SourceExperiment> {
    if (wanted.length > 0) {
      for (const name of wanted) yield await this.experiment(name);
      return;
    }
    const found: SourceExperiment[] = [];
    for await (const page of this.paged<{ experiments?: WireExperiment[] }>("POST", `${api}/experiments/search`, { max_results: 1000, view_type: "ALL" })) found.push(...(page.experiments ?? []).map(toExperiment));
    yield* found.sort((a, b) => a.creationTimeMs !== b.creationTimeMs ? (a.creationTimeMs ?? 0) - (b.creationTimeMs ?? 0) : a.id < b.id ? -1 : 1);
  }

  private async experiment(nameOrId: string): Promise<SourceExperiment> {
    const asked: [string, Query][] = [[`${api}/experiments/get-by-name`, { experiment_name: nameOrId }], ...(/^\d+$/.test(nameOrId) ? [[`${api}/experiments/get`, { experiment_id: nameOrId }] as [string, Query]] : [])];
    for (const [path, query] of asked) {
      const found = await this.client.get<{ experiment: WireExperiment }>(path, query).catch(nullIfMissing);
      if (found) return toExperiment(found.experiment);
    }
    throw new Error(`${this.label} has no experiment '${nameOrId}'.`);
  }

  async *runs(experimentId: string): AsyncIterable<SourceRun[]> {
    const body = { experiment_ids: [experimentId], run_view_type: "ALL", max_results: 200 };
    for await (const page of this.paged<{ runs?: WireRun[] }>("POST", `${api}/runs/search`, body)) if (page.runs) yield await this.withModelInputs(page.runs.map(toRun));
  }

  /** MLflow's search leaves out which logged models a run read; asking for the run itself does not. */
  private async withModelInputs(runs: SourceRun[]): Promise<SourceRun[]> {
    this.knowsModels ??= await this.client.send("POST", `${api}/logged-models/search`, { experiment_ids: ["0"], max_results: 1 }).then(
      () => true,
      (error: unknown) => !(error instanceof RestError && error.status === 404),
    );
    if (this.knowsModels) {
      await eachAtOnce(runs, 4, async (run) => {
        run.modelInputs = toRun((await this.client.get<{ run: WireRun }>(`${api}/runs/get`, { run_id: run.id })).run).modelInputs;
      });
    }
    return runs;
  }

  async *points(run: SourceRun): AsyncIterable<SourcePoint[]> {
    for (const { key } of run.latestMetrics) {
      const pages = this.paged<{ metrics?: Parameters<typeof toMetric>[0][] }>("GET", `${api}/metrics/get-history`, { run_id: run.id, run_uuid: run.id, metric_key: key, max_results: 20_000 });
      for await (const page of pages) if (page.metrics) yield page.metrics.map(toMetric);
    }
  }

  async *loggedModels(experimentId: string): AsyncIterable<SourceLoggedModel[]> {
    try {
      const pages = this.paged<{ models?: WireLoggedModel[] }>("POST", `${api}/logged-models/search`, { experiment_ids: [experimentId], max_results: 50 });
      for await (const page of pages) if (page.models) yield page.models.map(toLoggedModel);
    } catch (error) {
      // MLflow 2.x has no such address.
      if (!(error instanceof RestError && error.status === 404)) throw error;
    }
  }

  async *registeredModels(): AsyncIterable<SourceRegisteredModel> {
    // Prompts are registered models that a search leaves out unless it asks for them; older servers do not leave them out.
    const seen = new Set<string>();
    for (const filter of [undefined, isPrompt]) {
      const versions = new Map<string, SourceVersion[]>();
      for await (const page of this.paged<{ model_versions?: WireVersion[] }>("GET", `${api}/model-versions/search`, { max_results: 1000, filter })) {
        for (const v of page.model_versions ?? []) versions.set(v.name, [...(versions.get(v.name) ?? []), toVersion(v)]);
      }
      for await (const page of this.paged<{ registered_models?: WireRegisteredModel[] }>("GET", `${api}/registered-models/search`, { max_results: 200, filter })) {
        for (const m of page.registered_models ?? []) {
          if (seen.has(m.name)) continue;
          seen.add(m.name);
          yield {
            name: m.name,
            description: m.description || null,
            creationTimeMs: Number(m.creation_timestamp ?? 0),
            lastUpdatedTimeMs: Number(m.last_updated_timestamp ?? 0),
            tags: (m.tags ?? []).map((t) => ({ key: t.key ?? "", value: t.value ?? "" })),
            aliases: (m.aliases ?? []).map((a) => ({ alias: a.alias, version: Number(a.version) })),
            versions: (versions.get(m.name) ?? []).sort((a, b) => a.version - b.version),
          };
        }
      }
    }
  }

  files(owner: FileOwner): AsyncIterable<SourceFile> | null {
    return placeOf(owner.artifactUri).kind === "elsewhere" ? null : this.walk(owner, undefined);
  }

  private async *walk(owner: FileOwner, folder: string | undefined): AsyncIterable<SourceFile> {
    const listing = owner.kind === "run"
      ? this.paged<Listing>("GET", `${api}/artifacts/list`, { run_id: owner.id, run_uuid: owner.id, path: folder })
      : this.paged<Listing>("GET", `${api}/logged-models/${owner.id}/artifacts/directories`, { artifact_directory_path: folder });
    for await (const page of listing) {
      for (const file of page.files ?? []) {
        if (file.is_dir) yield* this.walk(owner, file.path);
        else yield { path: file.path, sizeBytes: Number(file.file_size ?? 0) };
      }
    }
  }

  openFile(owner: FileOwner, path: string): Promise<Readable> {
    return owner.kind === "run"
      ? this.client.download("/get-artifact", { run_id: owner.id, path })
      : this.client.download(`/ajax-api/2.0/mlflow/logged-models/${owner.id}/artifacts/files`, { artifact_file_path: path });
  }

  async close(): Promise<void> {}

  private async *paged<T extends object>(method: "GET" | "POST", path: string, query: Record<string, unknown>): AsyncIterable<T> {
    for (let token: string | undefined; ; ) {
      const asked = { ...query, ...(token ? { page_token: token } : {}) };
      const page = method === "GET" ? await this.client.get<T & Paged>(path, asked as Query) : await this.client.send<T & Paged>("POST", path, asked);
      yield page as T;
      if (!page.next_page_token || page.next_page_token === token) return;
      token = page.next_page_token;
    }
  }
}

type Paged = { next_page_token?: string };
type Listing = { files?: { path: string; is_dir?: boolean; file_size?: number | string }[] };

function nullIfMissing(error: unknown): null {
  if (error instanceof RestError && error.status === 404) return null;
  throw error;
}
