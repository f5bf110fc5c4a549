import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.mlflow.api.proto.ModelRegistry.ModelVersion;
import org.mlflow.api.proto.Service.CreateExperiment;
import org.mlflow.api.proto.Service.CreateRun;
import org.mlflow.api.proto.Service.Experiment;
import org.mlflow.api.proto.Service.ExperimentTag;
import org.mlflow.api.proto.Service.FileInfo;
import org.mlflow.api.proto.Service.Metric;
import org.mlflow.api.proto.Service.Param;
import org.mlflow.api.proto.Service.Run;
import org.mlflow.api.proto.Service.RunInfo;
import org.mlflow.api.proto.Service.RunStatus;
import org.mlflow.api.proto.Service.RunTag;
import org.mlflow.api.proto.Service.ViewType;
import org.mlflow.tracking.ActiveRun;
import org.mlflow.tracking.ExperimentsPage;
import org.mlflow.tracking.MlflowClient;
import org.mlflow.tracking.MlflowContext;
import org.mlflow.tracking.MlflowHttpException;
import org.mlflow.tracking.ModelVersionsPage;
import org.mlflow.tracking.RunsPage;

/**
 * The Java client against MLFLOW_TRACKING_URI. Artifacts go through a Python with mlflow, which MLFLOW_PYTHON_EXECUTABLE names;
 * without it they are left out. The first wrong answer is an AssertionError, and exit code 1.
 */
public class Checks {
  private static final MlflowClient client = new MlflowClient(System.getenv("MLFLOW_TRACKING_URI"));
  private static final String stamp = UUID.randomUUID().toString().substring(0, 8);
  private static int checked = 0;

  private static void check(String name, Object found, Object wanted) {
    if (!found.equals(wanted)) throw new AssertionError(name + ": found " + found + ", wanted " + wanted);
    checked++;
  }

  private static void refuses(String name, int status, String text, Runnable call) {
    try {
      call.run();
    } catch (MlflowHttpException e) {
      check(name + ": status", e.getStatusCode(), status);
      check(name + ": " + e.getBodyMessage(), e.getBodyMessage().contains(text), true);
      return;
    }
    throw new AssertionError(name + ": was accepted");
  }

  public static void main(String[] args) throws Exception {
    String experiment = experiments();
    String run = runs(experiment);
    searches();
    fluent();
    models(run);
    boolean hasPython = System.getenv("MLFLOW_PYTHON_EXECUTABLE") != null;
    if (hasPython) artifacts(experiment);
    client.close();
    System.out.println("mlflow-client for Java: " + checked + " checks" + (hasPython ? "" : ", artifacts left out: MLFLOW_PYTHON_EXECUTABLE is not set"));
    System.exit(0);
  }

  private static String experiments() {
    check("Default", client.getExperiment("0").getName(), "Default");
    String name = "java/" + stamp + " ü✓";
    String id = client.createExperiment(CreateExperiment.newBuilder().setName(name).addTags(ExperimentTag.newBuilder().setKey("team").setValue("red")).build());
    Experiment found = client.getExperiment(id);
    check("name", found.getName(), name);
    check("tag", found.getTags(0).getValue(), "red");
    check("stage", found.getLifecycleStage(), "active");
    check("created", found.getCreationTime() > 1_600_000_000_000L, true);
    check("by name", client.getExperimentByName(name).get().getExperimentId(), id);
    check("unknown name", client.getExperimentByName("no-" + stamp), Optional.empty());
    refuses("name taken", 400, "already exists", () -> client.createExperiment(name));
    refuses("unknown id", 404, "987654321", () -> client.getExperiment("987654321"));
    client.setExperimentTag(id, "team", "blue");
    client.renameExperiment(id, name + "2");
    check("renamed", client.getExperiment(id).getName(), name + "2");
    client.deleteExperiment(id);
    check("deleted", client.getExperiment(id).getLifecycleStage(), "deleted");
    check("deleted only", client.searchExperiments("name = '" + name + "2'", ViewType.DELETED_ONLY, 10, List.of()).getItems().size(), 1);
    client.restoreExperiment(id);
    check("by tag", client.searchExperiments("tags.team = 'blue' AND name LIKE 'java/" + stamp + "%'").getItems().get(0).getExperimentId(), id);
    for (int i = 0; i < 3; i++) client.createExperiment("page-" + stamp + "-" + i);
    ExperimentsPage page = client.searchExperiments("name LIKE 'page-" + stamp + "%'", ViewType.ACTIVE_ONLY, 2, List.of("name ASC"));
    check("first page", page.getItems().size() + " " + page.hasNextPage(), "2 true");
    check("second page", page.getNextPage().getPageSize() + " " + page.getNextPage().hasNextPage(), "1 false");
    return id;
  }

  private static String runs(String experiment) {
    RunInfo info = client.createRun(CreateRun.newBuilder().setExperimentId(experiment).setStartTime(123).setUserId("duke").setRunName("java run").build());
    String id = info.getRunId();
    check("run_uuid", info.getRunUuid(), id);
    check("status", info.getStatus(), RunStatus.RUNNING);
    check("no end", info.hasEndTime(), false);
    check("user", info.getUserId(), "duke");
    client.logParam(id, "lr", "0.01");
    client.logParam(id, "lr", "0.01");
    refuses("param overwrite", 400, "Changing param values is not allowed", () -> client.logParam(id, "lr", "1"));
    for (int i = 0; i < 10; i++) client.logMetric(id, "loss", 1.0 / (i + 1), 1000 + i, i);
    client.logMetric(id, "nan", Double.NaN, 1, 0);
    client.logMetric(id, "inf", Double.POSITIVE_INFINITY, 1, 0);
    client.logMetric(id, "far", 1, 5, Long.MAX_VALUE);
    client.logMetric(id, "now", 2);
    client.setTag(id, "a", "ü");
    client.setTag(id, "doomed", "x");
    client.deleteTag(id, "doomed");
    client.logBatch(id,
        IntStream.range(0, 500).mapToObj(i -> Metric.newBuilder().setKey("b").setValue(i).setTimestamp(i).setStep(i).build()).collect(Collectors.toList()),
        IntStream.range(0, 50).mapToObj(i -> Param.newBuilder().setKey("p" + i).setValue("" + i).build()).collect(Collectors.toList()),
        List.of(RunTag.newBuilder().setKey("batch").setValue("yes").build()));
    Run found = client.getRun(id);
    Map<String, String> params = found.getData().getParamsList().stream().collect(Collectors.toMap(Param::getKey, Param::getValue));
    Map<String, Metric> metrics = found.getData().getMetricsList().stream().collect(Collectors.toMap(Metric::getKey, m -> m));
    Map<String, String> tags = found.getData().getTagsList().stream().collect(Collectors.toMap(RunTag::getKey, RunTag::getValue));
    check("params", params.size() + params.get("lr") + params.get("p49"), "510.0149");
    check("latest", metrics.get("loss").getValue() + " " + metrics.get("loss").getStep(), "0.1 9");
    check("NaN", Double.isNaN(metrics.get("nan").getValue()), true);
    check("infinity", metrics.get("inf").getValue(), Double.MAX_VALUE);
    check("int64", metrics.get("far").getStep(), Long.MAX_VALUE);
    check("tags", tags.get("a") + tags.get("batch") + tags.containsKey("doomed") + tags.get("mlflow.runName"), "üyesfalsejava run");
    List<Metric> history = client.getMetricHistory(id, "loss");
    check("history", history.stream().map(Metric::getStep).collect(Collectors.toList()), LongRange(10));
    check("batch history", client.getMetricHistory(id, "b").size(), 500);
    check("history of nothing", client.getMetricHistory(id, "no").size(), 0);
    client.setTerminated(id, RunStatus.FAILED, 456);
    RunInfo ended = client.getRun(id).getInfo();
    check("ended", ended.getStatus() + " " + ended.getStartTime() + " " + ended.getEndTime(), "FAILED 123 456");
    client.deleteRun(id);
    check("deleted", client.getRun(id).getInfo().getLifecycleStage(), "deleted");
    refuses("write to a deleted run", 400, "must be in the 'active' state", () -> client.setTag(id, "x", "y"));
    client.restoreRun(id);
    check("listed", client.listRunInfos(experiment).stream().map(RunInfo::getRunId).collect(Collectors.toList()), List.of(id));
    refuses("unknown run", 404, "not found", () -> client.getRun("0".repeat(32)));
    return id;
  }

  private static List<Long> LongRange(int n) {
    return IntStream.range(0, n).mapToObj(i -> (long) i).collect(Collectors.toList());
  }

  private static void searches() {
    String experiment = client.createExperiment("java-search-" + stamp);
    List<String> ids = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      String id = client.createRun(CreateRun.newBuilder().setExperimentId(experiment).setStartTime(1000 + i).build()).getRunId();
      client.logMetric(id, "acc", i / 10.0);
      client.logParam(id, "even", "" + (i % 2 == 0));
      ids.add(id);
    }
    List<String> in = List.of(experiment);
    check("by metric", client.searchRuns(in, "metrics.acc > 0.25").size(), 2);
    check("by param", client.searchRuns(in, "params.even = 'true'", ViewType.ACTIVE_ONLY).size(), 3);
    RunsPage page = client.searchRuns(in, "", ViewType.ALL, 2, List.of("metrics.acc ASC"));
    List<String> got = new ArrayList<>();
    int pages = 0;
    while (true) {
      page.getItems().forEach(r -> got.add(r.getInfo().getRunId()));
      pages++;
      if (!page.hasNextPage()) break;
      page = (RunsPage) page.getNextPage();
    }
    check("pages in order", got + " " + pages, ids + " 3");
    refuses("bad filter", 400, "Invalid", () -> client.searchRuns(in, "nonsense.x = 1"));
  }

  private static void fluent() {
    MlflowContext context = new MlflowContext(client);
    context.setExperimentId(client.createExperiment("java-fluent-" + stamp));
    ActiveRun parent = context.startRun("parent");
    parent.logParams(Map.of("a", "1", "b", "2"));
    parent.logMetrics(new TreeMap<>(Map.of("x", 1.5, "y", 2.5)), 3);
    parent.setTags(Map.of("t", "1"));
    ActiveRun child = context.startRun("child", parent.getId());
    child.endRun();
    parent.endRun(RunStatus.FINISHED);
    Run found = client.getRun(parent.getId());
    check("fluent", found.getInfo().getStatus() + " " + found.getData().getParamsCount() + " " + found.getData().getMetricsCount(), "FINISHED 2 2");
    check("child", client.searchRuns(List.of(context.getExperimentId()), "tags.mlflow.parentRunId = '" + parent.getId() + "'").get(0).getRunId(), child.getId());
    check("artifact uri", parent.getArtifactUri().endsWith("/" + parent.getId() + "/artifacts"), true);
  }

  private static void models(String run) {
    String name = "java-model-" + stamp;
    String source = client.getRun(run).getInfo().getArtifactUri() + "/model";
    client.sendPost("registered-models/create", "{\"name\": \"" + name + "\", \"tags\": [{\"key\": \"k\", \"value\": \"v\"}]}");
    for (int i = 0; i < 3; i++) {
      client.sendPost("model-versions/create", "{\"name\": \"" + name + "\", \"run_id\": \"" + run + "\", \"source\": \"" + source + "\", \"tags\": [{\"key\": \"n\", \"value\": \"" + i + "\"}]}");
    }
    client.sendPost("model-versions/transition-stage", "{\"name\": \"" + name + "\", \"version\": \"2\", \"stage\": \"Production\", \"archive_existing_versions\": true}");
    client.sendPatch("model-versions/update", "{\"name\": \"" + name + "\", \"version\": \"1\", \"description\": \"first\"}");
    client.sendPost("registered-models/alias", "{\"name\": \"" + name + "\", \"alias\": \"champion\", \"version\": \"3\"}");
    check("registered", client.getRegisteredModel(name).getName() + client.getRegisteredModel(name).getTags(0).getValue(), name + "v");
    ModelVersion first = client.getModelVersion(name, "1");
    check("version", first.getDescription() + " " + first.getRunId() + " " + first.getSource() + " " + first.getStatus(), "first " + run + " " + source + " READY");
    check("tag", client.getModelVersion(name, "3").getTags(0).getValue(), "2");
    check("latest", client.getLatestVersions(name).stream().map(v -> v.getCurrentStage() + v.getVersion()).sorted().collect(Collectors.toList()), List.of("None3", "Production2"));
    check("latest of a stage", client.getLatestVersions(name, Collections.singletonList("Production")).get(0).getVersion(), "2");
    check("download uri", client.getModelVersionDownloadUri(name, "1"), source);
    ModelVersionsPage page = client.searchModelVersions("name = '" + name + "'", 2, Arrays.asList("version_number ASC"));
    check("page", page.getItems().stream().map(ModelVersion::getVersion).collect(Collectors.toList()), List.of("1", "2"));
    check("next page", ((ModelVersionsPage) page.getNextPage()).getItems().get(0).getVersion(), "3");
    refuses("unknown model", 404, "not found", () -> client.getRegisteredModel("no-" + stamp));
    refuses("unknown version", 404, "not found", () -> client.getModelVersion(name, "99"));
  }

  private static void artifacts(String experiment) throws Exception {
    String id = client.createRun(experiment).getRunId();
    Path folder = Files.createTempDirectory("flowbook-java");
    Files.writeString(folder.resolve("a.txt"), "hello");
    Files.createDirectory(folder.resolve("sub"));
    Files.writeString(folder.resolve("sub/b c.txt"), "wörld");
    client.logArtifact(id, folder.resolve("a.txt").toFile());
    client.logArtifacts(id, folder.toFile(), "dir");
    check("root", client.listArtifacts(id).stream().map(FileInfo::getPath).collect(Collectors.toList()), List.of("a.txt", "dir"));
    check("sizes", client.listArtifacts(id).stream().map(f -> f.getIsDir() + " " + f.getFileSize()).collect(Collectors.toList()), List.of("false 5", "true 0"));
    check("folder", client.listArtifacts(id, "dir").stream().map(FileInfo::getPath).collect(Collectors.toList()), List.of("dir/a.txt", "dir/sub"));
    File got = client.downloadArtifacts(id, "dir");
    check("content", Files.readString(got.toPath().resolve("sub/b c.txt")), "wörld");
  }
}
