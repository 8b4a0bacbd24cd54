// B10: ecs:runTask.sync of a container that does nothing, its image local.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <fstream>

#include "bench/machine.h"
#include "containers/images.h"
#include "language/json/parse.h"

namespace bench {

using json::Value;

namespace {

// A static program that exits with 0 and nothing else: an ELF header, one segment, two instructions or three.
std::string static_true() {
  struct Elf {
    unsigned char ident[16] = {0x7F, 'E', 'L', 'F', 2, 1, 1};
    uint16_t type = 2, machine = 0;
    uint32_t version = 1;
    uint64_t entry = 0x400078, program_headers = 64, section_headers = 0;
    uint32_t flags = 0;
    uint16_t header_bytes = 64, program_header_bytes = 56, program_header_count = 1, section_bytes = 0, section_count = 0, names = 0;
    uint32_t segment_type = 1, segment_flags = 5;
    uint64_t offset = 0, address = 0x400000, physical = 0x400000, in_file = 0, in_memory = 0, align = 0x1000;
  } elf;
  static_assert(sizeof(Elf) == 120);
#ifdef __x86_64__
  elf.machine = 62;
  constexpr std::string_view kCode("\x31\xFF\x6A\x3C\x58\x0F\x05", 7);  // xor edi,edi; push 60; pop rax; syscall
#else
  elf.machine = 183;
  constexpr std::string_view kCode("\x00\x00\x80\xD2\xA8\x0B\x80\xD2\x01\x00\x00\xD4", 12);  // mov x0,0; mov x8,93; svc 0
#endif
  elf.in_file = elf.in_memory = sizeof elf + kCode.size();
  return std::string(reinterpret_cast<const char*>(&elf), sizeof elf).append(kCode);
}

// A root file system with that program as /true, as a tar.
std::string image_tar() {
  const std::string program = static_true();
  std::string header(512, '\0');
  const auto put = [&](size_t at, std::string_view text) { std::memcpy(header.data() + at, text.data(), text.size()); };
  put(0, "true");
  put(100, "0000755");
  put(108, "0000000");
  put(116, "0000000");
  put(124, fmt::format("{:011o}", program.size()));
  put(136, "00000000000");
  put(148, "        ");
  put(156, "0");
  put(257, "ustar");
  put(263, "00");
  unsigned sum = 0;
  for (const char c : header) sum += static_cast<unsigned char>(c);
  put(148, fmt::format("{:06o}", sum));
  header[154] = '\0';
  std::string tar = header + program;
  tar.resize((tar.size() + 511) / 512 * 512 + 1024);
  return tar;
}

Result<Value> ecs(const Bench& bench, std::string_view operation, const Value& params) {
  return json::parse(TRY(call_once(bench.subject.address(), "ecs", fmt::format("AmazonEC2ContainerServiceV20141113.{}", operation), json::write(params))));
}

Result<std::string> some_subnet(const Bench& bench) {
  constexpr std::string_view kForm = "Action=DescribeSubnets&Version=2016-11-15";
  std::string request;
  render_call(bench.subject.address(), "ec2", "", kForm, request);
  // The same call in EC2's protocol.
  const auto replace = [&](std::string_view from, std::string_view to) {
    if (const size_t at = request.find(from); at != request.npos) request.replace(at, from.size(), to);
  };
  replace("application/x-amz-json-1.1", "application/x-www-form-urlencoded");
  replace("X-Amz-Target: \r\n", "");
  Load load = TRY(Load::connect(bench.subject.address(), 1));
  std::string body;
  bool sent = false;
  TRY(load.run([&](size_t, std::string& out) { return sent ? false : (out = request, sent = true); },
               [&](size_t, const Answer& answer) { body = answer.body; }));
  const size_t at = body.find("<subnetId>"), end = body.find("</subnetId>");
  if (at == body.npos || end == body.npos) return fail("Bench", fmt::format("there is no subnet: {}", body.substr(0, 300)));
  return body.substr(at + 10, end - at - 10);
}

Result<std::string> container_machine(Bench& bench) {
  const std::string tar = bench.subject.folder() + "/true.tar";
  std::ofstream(tar, std::ios::binary) << image_tar();
  containers::ImageStore images(bench.subject.folder() + "/images");
  TRY(images.import(tar, "bench/true"));
  TRY(ecs(bench, "CreateCluster", json::object({{"clusterName", "bench"}})));
  const Value container = json::object({{"name", "true"}, {"image", "bench/true"}, {"essential", true}, {"command", json::array({"/true"})}});
  const Value registered = TRY(ecs(bench, "RegisterTaskDefinition",
                                   json::object({{"family", "bench-true"}, {"networkMode", "awsvpc"}, {"cpu", "256"}, {"memory", "512"},
                                                 {"requiresCompatibilities", json::array({"FARGATE"})},
                                                 {"containerDefinitions", json::array({container})}})));
  const Value parameters = json::object(
      {{"LaunchType", "FARGATE"}, {"Cluster", "bench"}, {"TaskDefinition", registered["taskDefinition"].text("taskDefinitionArn")},
       {"NetworkConfiguration", json::object({{"AwsvpcConfiguration", json::object({{"Subnets", json::array({TRY(some_subnet(bench))})}})}})}});
  const Value state = json::object(
      {{"Type", "Task"}, {"Resource", "arn:aws:states:::ecs:runTask.sync"}, {"Parameters", parameters}, {"End", true}});
  return make_machine(bench, "b10-true",
                      {.text = json::write(json::object({{"StartAt", "T"}, {"States", json::object({{"T", state}})}}))}, Type::standard);
}

// Polls are spread out, so that they cost the server next to nothing.
constexpr useconds_t kPollPauseUs = 1'000;

struct Task {
  std::string arn;
  double begun = 0;
};

}  // namespace

Status containers(Bench& bench) {
  if (!bench.subject.ours()) return fail("Skipped", "B10 brings an image of its own: it wants a server of its own (no --endpoint)");
  if (const char* off = std::getenv("GANTRY_RUNTIME"); geteuid() != 0 || (off && std::string_view(off) == "none")) {
    return fail("Skipped", "containers take root");
  }
  constexpr size_t kAtOnce = 8;
  const uint64_t count = bench.count(500, 8);
  bench.progress("bringing the image", 0);
  const std::string machine = TRY(container_machine(bench));
  std::string start;
  render_call(bench.subject.address(), "states", "AWSStepFunctions.StartExecution", start_body(machine, "{}"), start);
  std::vector<Task> running(kAtOnce);
  std::vector<double> took_ms;
  uint64_t started = 0;
  std::string fault;
  Load load = TRY(Load::connect(bench.subject.address(), kAtOnce));
  bench.progress("ecs:runTask.sync of /true, 8 at once", 0);
  const Spent spent = TRY(measured(bench, [&] {
    return load.run(
        [&](size_t connection, std::string& request) {
          if (!fault.empty()) return false;
          Task& task = running[connection];
          if (!task.arn.empty()) {
            usleep(kPollPauseUs);
            render_call(bench.subject.address(), "states", "AWSStepFunctions.DescribeExecution", fmt::format("{{\"executionArn\":\"{}\"}}", task.arn), request);
            return true;
          }
          if (started == count) return false;
          ++started;
          task.begun = now_s();
          request = start;
          return true;
        },
        [&](size_t connection, const Answer& answer) {
          Task& task = running[connection];
          if (answer.status != 200) return void(fault = answer.body.substr(0, 300));
          if (task.arn.empty()) return void(task.arn = raw_member(answer.body, "executionArn"));
          const std::string_view status = raw_member(answer.body, "status");
          if (status == "RUNNING") return;
          if (status != "SUCCEEDED" || answer.body.find("\\\"ExitCode\\\":0") == answer.body.npos) fault = answer.body.substr(0, 1000);
          took_ms.push_back((now_s() - task.begun) * 1000);
          task.arn.clear();
          bench.progress("", static_cast<double>(took_ms.size()) / static_cast<double>(count));
        });
  }));
  if (!fault.empty()) return fail("Bench", fault);
  bench.figures.push_back(rate("B10", "ecs:runTask.sync of /true, 8 at once", "tasks/CPU-s", 80, static_cast<double>(count), spent));
  std::ranges::sort(took_ms);
  bench.figures.push_back({.workload = "B10", .what = "the same, start to finished, median", .value = took_ms[took_ms.size() / 2], .unit = "ms", .goal = 25,
                           .less_is_better = true, .work = static_cast<double>(count), .wall_s = spent.wall_s});
  return {};
}

}  // namespace bench
