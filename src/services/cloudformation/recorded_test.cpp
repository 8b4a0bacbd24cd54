// What AWS was recorded to answer, and templates that AWS was seen to deploy.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "services/cloudformation/test_server.h"
#include "services/recorded_cases.h"

namespace cloudformation {
namespace {

TEST(CloudFormationRecorded, AnswersAsAws) {
  const auto cases = recorded::load("cloudformation");
  if (cases.empty()) GTEST_SKIP() << "the recorded cases are not there";
  recorded::Report report("cloudformation");
  for (const json::Value& one : cases) {
    store::MemoryStore store;
    TestServer server(store, TestServer::Others::none);
    report.add(recorded::run_case(server.registry, server.loop, one));
  }
  for (const std::string& text : report.news()) ADD_FAILURE() << text;
}

// Parameters that SSM holds, and rules about them, are taken out: there is no SSM here.
json::Value without_bootstrap_version(json::Value body) {
  if (!body["Parameters"].find("BootstrapVersion")) return body;
  return body.with("Parameters", body["Parameters"].without("BootstrapVersion")).with("Rules", body["Rules"].without("CheckBootstrapVersion"));
}

// The first thing that is wrong with how a template deploys; empty: nothing.
std::string deploy(const json::Value& one) {
  store::MemoryStore store;
  TestServer server(store);
  std::vector<json::Value> parameters;
  for (const json::Value& name : one["parameters"].items()) parameters.push_back(json::object({{"ParameterKey", name}, {"ParameterValue", "value"}}));
  const json::Value capabilities = json::array({"CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"});
  auto made = server.create("s", json::write(without_bootstrap_version(one["template"])),
                            json::object({{"Parameters", json::Value::array(std::move(parameters))}, {"Capabilities", capabilities}}));
  if (!made) return made.error().message;
  const std::string status = server.status("s");
  const std::vector<std::string> created = server.events("s");
  if (status != "CREATE_COMPLETE") {
    std::string out = status;
    for (const std::string& event : created) {
      if (event.find("_FAILED") != event.npos || event.find("ROLLBACK_IN") != event.npos) out += "\n    " + event;
    }
    return out;
  }
  const auto place = [](const std::vector<std::string>& events, std::string_view event) { return std::ranges::find(events, event) - events.begin(); };
  for (const auto& [id, type] : one["resources"].members()) {
    if (server.resource("s", id).text("PhysicalResourceId").empty()) return id + " has no physical id";
  }
  (void)server.call("cloudformation", "DeleteStack", R"({"StackName": "s"})");
  const std::string id((*made).text("StackId"));
  if (const std::string deleted = server.status(id); deleted != "DELETE_COMPLETE") {
    std::string out = deleted;
    for (const std::string& event : server.events(id)) {
      if (event.find("DELETE_FAILED") != event.npos) out += "\n    " + event;
    }
    return out;
  }
  const std::vector<std::string> all = server.events(id);
  for (const json::Value& edge : one["edges"].items()) {
    const std::string after(edge[size_t{0}].as_string()), before(edge[size_t{1}].as_string());
    if (place(all, after + " CREATE_IN_PROGRESS") < place(all, before + " CREATE_COMPLETE")) return after + " was made before " + before;
    const auto gone = std::min(place(all, after + " DELETE_COMPLETE"), place(all, after + " DELETE_SKIPPED"));
    if (place(all, before + " DELETE_IN_PROGRESS") < gone) return before + " went before " + after;
  }
  return {};
}

TEST(CloudFormationTemplates, DeployAndGoInOrder) {
  const auto cases = protocol::conformance_lines("cfn/templates.jsonl");
  if (cases.empty()) GTEST_SKIP() << "the templates are not there";
  recorded::Report report("cloudformation");
  for (const json::Value& one : cases) {
    if (one["imports"] == json::Value(true)) continue;  // of another stack, which is not there
    const std::string wrong = deploy(one);
    recorded::Outcome outcome{.id = std::string(one.text("id"))};
    if (!wrong.empty()) outcome.mismatches.push_back(wrong);
    report.add(outcome);
  }
  for (const std::string& text : report.news()) ADD_FAILURE() << text;
}

}  // namespace
}  // namespace cloudformation
