// http:invoke: a request to an HTTP API, authorised by an EventBridge connection (spec/integrations.md 8).
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "net/http_client.h"
#include "services/states/integrations/dispatch.h"
#include "services/states/integrations/http_task.h"
#include "services/states/states.h"

namespace states {

namespace {
constexpr int64_t kTimeoutMs = 60'000;

std::string connection_error(const Error& error) {
  for (const std::string_view name : {"InvalidConnectionState", "AuthInProgress"}) {
    if (error.code == name) return fmt::format("Events.ConnectionResource.{}", name);
  }
  if (error.code == "ResourceNotFoundException") return "Events.ConnectionResource.ResourceNotFound";
  if (error.code == "AuthorizationFailed") return "Events.ConnectionResource.InvalidConnectionState";
  return error.code == "Throttled" ? "Events.ConnectionResource.InternalError" : "Events.ConnectionResource.AccessDenied";
}
}  // namespace

void Dispatch::misshapen(const AttemptPtr& attempt, const std::vector<std::string>& faults) {
  refuse(attempt, "States.Runtime",
         fmt::format("The Parameters '{}' could not be used to start the Task: [{}]", json::write(attempt->task.parameters), fmt::join(faults, ", ")));
}

void Dispatch::too_large(const AttemptPtr& attempt, std::string_view what) {
  refuse(attempt, "States.DataLimitExceeded",
         fmt::format("The state/task '{}' returned a result with a size exceeding the maximum number of bytes service limit.", what));
}

void Dispatch::invoke_http(const AttemptPtr& attempt) {
  const Value& params = attempt->task.parameters;
  if (!params.is_object()) return misshapen(attempt, {"The value of the field 'Parameters' has an invalid format"});
  if (const auto faults = http_task_faults(params); !faults.empty()) return misshapen(attempt, faults);
  const auto execution = parse_arn(attempt->execution);
  auto call = kit_.registry.internal(attempt->role, attempt->region, "states", "InvokeHTTPEndpoint", Value::object());
  const protocol::Need need{.action = "states:InvokeHTTPEndpoint", .resources = {execution ? execution->machine_arn() : "*"},
                            .context = {{"states:HTTPEndpoint", params["ApiEndpoint"]}, {"states:HTTPMethod", params["Method"]}}};
  if (auto may = kit_.registry.authorise(call, need); !may) return refuse(attempt, "States.Permissions", may.error().message);
  retrieve_credentials(attempt, "");
}

void Dispatch::retrieve_credentials(const AttemptPtr& attempt, const std::string& refused) {
  auto retrieve = kit_.registry.internal(
      attempt->role, attempt->region, "events", "RetrieveConnectionCredentials",
      json::object({{"ConnectionArn", http_task_connection(attempt->task.parameters)}, {"RefusedAuthorization", refused}}));
  retrieve.account = attempt->account;
  kit_.registry.call(retrieve, [this, attempt, refused, secrets = retrieve, alive = alive_](Result<Value> credentials) mutable {
    if (!*alive) return;
    secrets.service = "secretsmanager";
    for (const std::string_view action : {"secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"}) {
      if (!credentials) break;
      const protocol::Need secret{.action = std::string(action), .resources = {std::string(credentials->text("SecretArn"))}};
      if (auto may = kit_.registry.authorise(secrets, secret); !may) credentials = std::unexpected(std::move(may).error());
    }
    if (!credentials) return refuse(attempt, connection_error(credentials.error()), credentials.error().message);
    // What leaves the process must not be ahead of the history that tells of it.
    kit_.store.when_durable(kit_.store.head(), [this, attempt, refused, credentials = *std::move(credentials), alive] {
      if (*alive) send_http(attempt, credentials, refused);
    });
  });
}

void Dispatch::send_http(const AttemptPtr& attempt, const Value& credentials, const std::string& refused) {
  const Value& params = attempt->task.parameters;
  auto request = http_task_request(params, credentials, attempt->region);
  if (!request) return refuse(attempt, request.error().code, request.error().message);
  if (asl::Inspection* seen = states_.engine_.inspection(attempt->execution)) {
    const auto plain = http_task_request(params, Value(), attempt->region);
    seen->request = traced(seen->reveals_secrets || !plain ? *request : *plain);
  }
  // A token that is refused before its time is asked for anew, once.
  const std::string authorization(request->headers.get("Authorization"));
  const bool may_renew = credentials.text("AuthorizationType") == "OAUTH_CLIENT_CREDENTIALS" && refused.empty() && !authorization.empty();
  const std::string url = request->target;
  kit_.http.send(*std::move(request), {.timeout_ms = kTimeoutMs, .response_bytes_max = kHttpResponseBytesMax, .owner = attempt->account},
                 [this, attempt, may_renew, authorization, url, alive = alive_](Result<net::Response> response) {
    if (!*alive || !states_.engine_.awaits(attempt->execution, attempt->task.task)) return;
    if (!response && response.error().code == "HttpTooLarge") return too_large(attempt, "http");
    if (!response) return refuse(attempt, "States.Http.Socket", "Unable to execute HTTP request: " + response.error().message);
    if (may_renew && (response->status == 401 || response->status == 407)) return retrieve_credentials(attempt, authorization);
    if (asl::Inspection* seen = states_.engine_.inspection(attempt->execution)) seen->response = traced(*response, url);
    if (response->status < 200 || response->status > 299) {
      return refuse(attempt, fmt::format("States.Http.StatusCode.{}", response->status), json::write(http_result(*response)));
    }
    if (const std::string why = http_unreadable(*response); !why.empty()) return refuse(attempt, "States.Runtime", why);
    states_.engine_.deliver(attempt->execution, asl::TaskSucceeded{attempt->task.task, http_result(*response)});
  });
}

}  // namespace states
