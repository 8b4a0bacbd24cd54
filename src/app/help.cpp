#include "app/help.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "app/config.h"
#include "cli/options.h"

namespace app {
namespace {

struct Topic {
  std::string_view name, line, text;
};

constexpr Topic kTopics[] = {
    {"serve", "run the server: every AWS API on one port", R"~(gantry serve [flags]

Runs the server; prints 'gantry: ready on URL' once it answers. SIGTERM stops it in order: what was accepted is kept.
Every flag is also a variable (--data-dir is GANTRY_DATA_DIR) and a key of the --config file. 'gantry config' shows what is in force.

  gantry serve                                          # 127.0.0.1:4566; as root, for containers
  gantry serve --listen 127.0.0.1:0 --in-memory         # a free port, nothing kept: for a test
  gantry serve --upstream dynamodb=http://127.0.0.1:8000 --upstream http://127.0.0.1:5000
  gantry serve --listen 0.0.0.0:4566 --auth enforce --root-access-key AKIA... --root-secret-key ...

Then, for instance:
  aws --endpoint-url http://127.0.0.1:4566 stepfunctions list-state-machines
)~"},
    {"run", "run a workflow here, and watch it", R"~(gantry run FILE [--input JSON|@FILE] [--mock FILE [--case NAME]] [--fast-forward]

Runs a state machine's definition in this process, draws it as it moves, and prints its output. No server is needed.

  gantry run order.asl.json --input '{"id": 7}'
  gantry run order.asl.json --input @order.json --mock mocks.json
  gantry run order.asl.json --mock mocks.json --fast-forward     # a Wait of a year takes no time
  gantry run order.asl.json --mock mocks.json --history | jq .type
  cat order.asl.json | gantry run -

  --input JSON|@FILE   the execution's input [{}]; @- reads standard input
  --mock FILE          what tasks answer
  --case NAME          the test case of a Step Functions Local mock file: Case or Machine/Case
  --fast-forward       virtual time: waits, time limits and retry back-offs pass at once; the history is the same as in real time
  --endpoint URL       a running server does the tasks that have no mock (request-response ones)
  --history            print the history's events, one JSON object a line, in place of the output
  --name NAME          the execution's name [a random one]
  --seed N             fixed randomness, for runs that repeat themselves
  --quiet              no picture, no lines

Mocks, by state or by resource; a list answers one call after another, and its last answer stays:
  {"states": {"Charge": [{"error": "Busy", "cause": "later"}, {"result": {"id": 1}}],
              "Ship":   {"result": "ok", "after": 3},
              "Import": {"items": [{"n": 1}, {"n": 2}]}},
   "resources": {"arn:aws:states:::sns:publish": {"result": {"MessageId": "m-1"}}}}
"after" are seconds that the task takes; "items" is what a distributed Map's ItemReader reads. The mock files of Step Functions Local
(StateMachines, TestCases, MockedResponses with Return and Throw) are understood as they are.

The picture, the lines and the outcome go to standard error, the output alone to standard output.
Exit status: 0 succeeded, 1 failed, 2 used wrongly or a task had no mock, 3 timed out, 4 aborted (Ctrl-C).
)~"},
    {"validate", "check state machine definitions, as AWS words it", R"~(gantry validate [--express] [--json] FILE...

Says of each definition what AWS would say (code, message, location), where that is in the text, and how to mend it.

  gantry validate order.asl.json
  gantry validate src/*.asl.json && echo fine
  gantry validate --json order.asl.json | jq '.diagnostics[] | "\(.line): \(.message)"'
  gantry validate -  < order.asl.json

  --express   the machine will be of type EXPRESS: no .sync, no callbacks, no activities
  --json      one JSON object a file: {"file", "result": "OK"|"FAIL", "diagnostics": [{"severity", "code", "message", "location", "line", "column", "hint"}]}

Exit status: 0 all are valid (warnings refuse nothing), 1 one is not, 2 used wrongly or a file cannot be read.
)~"},
    {"eval", "evaluate an expression: JSONata, JSONPath or an intrinsic function", R"~(gantry eval [--language jsonata|jsonpath|intrinsic] --expr E [--data JSON|@FILE] [--bindings JSON]
gantry eval --language L --jsonl

Evaluates one expression as a state machine would, or one a line.

  gantry eval --expr '$sum(items.price)' --data '{"items": [{"price": 2}, {"price": 3}]}'
  gantry eval --language jsonpath --expr '$..price' --data @order.json
  gantry eval --language intrinsic --expr "States.Format('Hello, {}', \$.name)" --data '{"name": "Ada"}'
  gantry eval --expr '$x + 1' --bindings '{"x": 41}'
  printf '%s\n' '{"expr": "a", "data": {"a": 1}}' '{"expr": "1 +"}' | gantry eval --language jsonata --jsonl

  --language L     jsonata (the plain language, without the marks {% %}) is the default
  --bindings JSON  variables, names without '$'
  --timeout-ms N   bounds one evaluation [10000]
  --jsonl          a request a line on standard input: {"expr", "data"?, "bindings"?}; an answer a line, flushed at once:
                   {"result": V}, {"undefined": true} or {"error": {"code", "message", "position"?}}; of a JSONPath with "definite"

Exit status: 0 a value, 1 an error, 2 used wrongly, 3 undefined.
)~"},
    {"image", "container images: import, list, remove, pull", R"~(gantry image import FILE NAME[:TAG]
gantry image ls
gantry image rm NAME
gantry image pull NAME

Images that tasks run. They lie in the data directory; the server may be running or not. Without --data-dir it is that of the server
which answers at --endpoint (or where gantry looks for one). A name without a tag means :latest.

  docker save my/job | gzip > job.tar.gz && gantry image import job.tar.gz my/job
  gantry image import ./oci-layout/ my/job:2            # a folder or a tar; a root file system's tar as well
  gantry image ls --data-dir /srv/gantry
  gantry image pull public.ecr.aws/docker/library/busybox:latest
)~"},
    {"backup", "copy everything that is kept, while the server runs or not", R"~(gantry backup DEST [--without-images]

Copies what a server keeps into DEST, a new directory: consistent, checked, and complete with the images. The server may go on
meanwhile; run this on its machine, as the user that it runs as. Executions that are open go on from the backup when it is restored;
containers that run at the moment are not part of it.

  gantry backup /backups/monday                                   # the server at 127.0.0.1:4566, or the directory when none runs
  gantry backup /backups/monday --endpoint http://127.0.0.1:4600  # another server of this machine
  gantry backup /backups/monday --data-dir /srv/gantry            # the server that uses this directory, or the directory itself
  gantry backup /backups/monday --without-images && rclone copy /backups/monday remote:gantry

Under --auth enforce the root's key pair is needed: --root-access-key and --root-secret-key, what the server has written into
DIR/root-credentials, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY. A backup holds every secret that the server keeps.
A folder without a manifest is a backup that was not finished.

Exit status: 0 made and checked, 1 not made, 2 used wrongly.
)~"},
    {"restore", "put a backup into an empty data directory", R"~(gantry restore BACKUP --data-dir DIR

Fills DIR, which must be empty or not there, from a backup, and compares every byte's digest on the way. What is damaged is named, and
a directory that was not filled to the end is never served.

  gantry restore /backups/monday --data-dir /srv/gantry && gantry serve --data-dir /srv/gantry

Exit status: 0 restored, 1 not restored, 2 used wrongly.
)~"},
    {"inspect", "look into a data directory or a backup, and compare every checksum", R"~(gantry inspect [--data-dir DIR] [--json]
gantry inspect BACKUP [--json]

Tells what is in the store of a server that is stopped, or in a backup, without changing anything: tables, keys, journal, open
executions, resources, sizes. Reads all of it and compares every checksum; damage is named with its file and offset.

  gantry inspect --data-dir /srv/gantry
  gantry inspect /backups/monday
  gantry inspect /backups/monday --json | jq '{healthy, openExecutions, damage}'

Exit status: 0 all is well, 1 something is damaged, 2 used wrongly, nothing there, or a server is using it.
)~"},
    {"bench", "measure: work per CPU-second, workload by workload", R"~(gantry bench [WORKLOAD...]

Measures a server with the named workloads of bench/. 'gantry bench --help' has its own options.

  gantry bench B1 B3
)~"},
    {"config", "print the settings in force and where each came from", R"~(gantry config [flags]

A flag wins over the environment (GANTRY_...), that over the --config file (TOML), that over the default.

  gantry config
  GANTRY_AUTH=enforce gantry config --config /etc/gantry.toml
)~"},
    {"version", "tell the version", "gantry version\n"},
};

void print_settings() {
  fmt::print("\nSettings:\n");
  for (const Setting& s : settings()) {
    const std::string flag = fmt::format("--{} {}", s.name, s.argument);
    fmt::print("  {:<28} {}{}\n", flag, s.help, s.fallback.empty() || s.argument.empty() ? "" : fmt::format(" [{}]", s.fallback));
  }
}

}  // namespace

int help(std::string_view topic) {
  if (topic.empty()) {
    fmt::print("gantry is AWS Step Functions, and what its workflows lean on, on a machine of your own.\n\n"
               "  A server:       gantry serve, then any AWS CLI or SDK with http://127.0.0.1:4566 as its endpoint\n"
               "  Without one:    gantry run order.asl.json --input '{{\"id\": 7}}' --mock mocks.json --fast-forward\n"
               "                  gantry validate order.asl.json\n"
               "                  gantry eval --expr '$sum(items.price)' --data @order.json\n\nCommands:\n");
    for (const Topic& one : kTopics) fmt::print("  {:<10} {}\n", one.name, one.line);
    fmt::print("\n'gantry help COMMAND' has examples of each, 'gantry help serve' every setting.\n");
    return 0;
  }
  const auto found = std::ranges::find(kTopics, topic, &Topic::name);
  if (found != std::end(kTopics)) {
    fmt::print("{}", found->text);
    if (topic == "serve" || topic == "config") print_settings();
    return 0;
  }
  std::vector<std::string_view> names;
  for (const Topic& one : kTopics) names.push_back(one.name);
  const std::string_view meant = cli::nearest(topic, names);
  fmt::print(stderr, "gantry: there is no command '{}'{}. 'gantry help' lists them.\n", topic, meant.empty() ? "" : fmt::format("; did you mean '{}'?", meant));
  return 2;
}

}  // namespace app
