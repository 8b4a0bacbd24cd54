#include "bench/report.h"

#include <fmt/format.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>

namespace bench {
namespace {

std::string number(double value) {
  if (value >= 1000) {
    std::string digits = fmt::format("{:.0f}", value);
    for (size_t at = digits.size(); at > 3;) digits.insert(at -= 3, ",");
    return digits;
  }
  return value >= 100 ? fmt::format("{:.0f}", value) : value >= 10 ? fmt::format("{:.1f}", value) : fmt::format("{:.2f}", value);
}

std::string goal_text(const Figure& figure) { return figure.goal > 0 ? number(figure.goal) : "-"; }
std::string part_text(const Figure& figure) { return figure.goal > 0 ? fmt::format("{:.2f}", part_of_goal(figure)) : "-"; }

std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string processor() {
  const std::string text = read_file("/proc/cpuinfo");
  const size_t at = text.find("model name");
  if (at == text.npos) return "unknown processor";
  const size_t from = text.find(": ", at) + 2;
  return text.substr(from, text.find('\n', at) - from);
}

std::string machine() {
  utsname system{};
  uname(&system);
  double load[1] = {0};
  getloadavg(load, 1);
  const auto memory = static_cast<double>(sysconf(_SC_PHYS_PAGES)) * static_cast<double>(sysconf(_SC_PAGESIZE)) / 1e9;
  return fmt::format("{} x {}, {:.0f} GB, {} {}, load average at the end {:.1f} (the load of the run itself included)", sysconf(_SC_NPROCESSORS_ONLN),
                     processor(), memory, system.sysname, system.release, load[0]);
}

std::string today() {
  const time_t now = time(nullptr);
  tm parts{};
  gmtime_r(&now, &parts);
  char text[32];
  strftime(text, sizeof text, "%Y-%m-%d", &parts);
  return text;
}

}  // namespace

double part_of_goal(const Figure& figure) {
  if (figure.goal <= 0 || figure.value <= 0) return 0;
  return figure.less_is_better ? figure.goal / figure.value : figure.value / figure.goal;
}

std::string table_text(const std::vector<Figure>& figures) {
  std::string out = fmt::format("{:<4} {:<52} {:>12} {:<18} {:>10} {:>7} {:>8} {:>8}\n", "", "workload", "measured", "unit", "goal", "of it", "CPU s", "wall s");
  for (const Figure& f : figures) {
    if (!f.fault.empty()) {
      out += fmt::format("{:<4} {:<52} {:>12} {}\n", f.workload, f.what, "fails", f.fault);
      continue;
    }
    out += fmt::format("{:<4} {:<52} {:>12} {:<18} {:>10} {:>7} {:>8.2f} {:>8.2f}\n", f.workload, f.what, number(f.value), f.unit, goal_text(f), part_text(f),
                       f.cpu_s, f.wall_s);
  }
  return out;
}

Status write_results(const std::string& file, const std::vector<Figure>& figures, std::string_view command) {
  std::string measured = fmt::format("<!-- measured -->\nOn {}: {}.\n\n    {}\n\n", today(), machine(), command);
  measured += "| # | workload | measured | unit | goal | part of the goal | CPU-s | wall s |\n| --- | --- | --- | --- | --- | --- | --- | --- |\n";
  for (const Figure& f : figures) {
    if (!f.fault.empty()) {
      std::string fault = f.fault;
      std::ranges::replace(fault, '|', '/');
      measured += fmt::format("| {} | {} | fails | {} | - | - | - | - |\n", f.workload, f.what, fault);
      continue;
    }
    measured += fmt::format("| {} | {} | {} | {} | {} | {} | {:.2f} | {:.2f} |\n", f.workload, f.what, number(f.value), f.unit, goal_text(f), part_text(f),
                            f.cpu_s, f.wall_s);
  }
  constexpr std::string_view kEnd = "<!-- /measured -->";
  measured += kEnd;
  std::string text = read_file(file);
  const size_t begin = text.find("<!-- measured -->"), end = text.find(kEnd);
  if (begin == text.npos || end == text.npos) {
    text += (text.empty() ? "# What was measured\n\n" : "\n") + measured + "\n";
  } else {
    text.replace(begin, end + kEnd.size() - begin, measured);
  }
  std::ofstream out(file, std::ios::binary | std::ios::trunc);
  out << text;
  out.flush();
  if (!out) return fail("Bench", "cannot write " + file);
  return {};
}

}  // namespace bench
