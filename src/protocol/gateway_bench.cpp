// What the way through the gateway costs, without the network and without an operation's own work.
#include <fmt/format.h>

#include <ctime>

#include "base/loop.h"
#include "protocol/auth/sign.h"
#include "protocol/gateway.h"
#include "protocol/models/validate.h"

namespace {

struct OneKey final : auth::CredentialSource {
  std::optional<auth::Credential> find(std::string_view) override {
    auth::Credential credential;
    credential.secret_access_key = "secret";
    credential.principal = protocol::Principal::root("000000000000");
    return credential;
  }
};

double cpu_seconds() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) / 1e9;
}

struct Bench {
  ManualLoop loop;
  SystemRandom random;
  protocol::Registry registry{loop, random};
  OneKey keys;
  protocol::OriginPolicy origins{{}};

  Bench() {
    registry.set_validator(model::make_validator());
    registry.add("states", "StartExecution",
                 protocol::immediate([](const protocol::Call&) -> Result<json::Value> {
                   return json::object({{"executionArn",
                                         "arn:aws:states:us-east-1:000000000000:execution:machine:"
                                         "8f14e45f-ceea-4e7b-9d0a-6bf2c0a4f3d1"},
                                        {"startDate", 1700000000.123}});
                 }));
    registry.add("sns", "Publish",
                 protocol::immediate([](const protocol::Call&) -> Result<json::Value> {
                   return json::object({{"MessageId", "8f14e45f-ceea-4e7b-9d0a-6bf2c0a4f3d1"}});
                 }));
  }

  void run(const char* name, auth::Mode mode, net::Request request, std::string_view service) {
    auth::Authenticator authenticator(mode, &keys, "000000000000", "us-east-1");
    protocol::Gateway gateway({.registry = registry,
                               .authenticator = authenticator,
                               .clock = loop.clock(),
                               .random = random,
                               .origins = origins,
                               .endpoint = "http://127.0.0.1:4566",
                               .when_durable = [](Function<void()> then) { then(); }});
    request.headers.add("Host", "127.0.0.1:4566");
    request.headers.add("User-Agent",
                        "Boto3/1.34 md/Botocore#1.34 ua/2.0 os/linux lang/python#3.11");
    auth::sign(request, {"AKIAEXAMPLEEXAMPLE00", "secret", ""}, "us-east-1", service,
               loop.clock().now());
    constexpr int kRounds = 200'000;
    int good = 0;
    const double start = cpu_seconds();
    for (int i = 0; i < kRounds; ++i) {
      gateway.handle(request, [&](net::Response r) { good += r.status == 200; });
    }
    const double spent = cpu_seconds() - start;
    fmt::print("{:32} {:6.2f} us a request ({} of {} good)\n", name, spent / kRounds * 1e6, good,
               kRounds);
  }
};

}  // namespace

int main() {
  Bench bench;
  net::Request start{
      .method = "POST",
      .target = "/",
      .headers = {},
      .body =
          R"({"stateMachineArn":"arn:aws:states:us-east-1:000000000000:stateMachine:machine","input":"{\"a\":1}"})",
      .peer = "127.0.0.1"};
  start.headers.add("X-Amz-Target", "AWSStepFunctions.StartExecution");
  start.headers.add("Content-Type", "application/x-amz-json-1.0");
  net::Request publish{.method = "POST",
                       .target = "/",
                       .headers = {},
                       .body =
                           "Action=Publish&Version=2010-03-31&TopicArn=arn%3Aaws%3Asns%3Aus-east-1%"
                           "3A000000000000%3At&Message=hello",
                       .peer = "127.0.0.1"};
  publish.headers.add("Content-Type", "application/x-www-form-urlencoded; charset=utf-8");
  bench.run("StartExecution, audit", auth::Mode::audit, start, "states");
  bench.run("StartExecution, enforce", auth::Mode::enforce, start, "states");
  bench.run("sns Publish, audit", auth::Mode::audit, publish, "sns");
}
