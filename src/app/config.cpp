#include "app/config.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#define TOML_EXCEPTIONS 0
#include <toml++/toml.h>

#include "base/check.h"

namespace app {
namespace {

constexpr Setting kSettings[] = {
    {"listen", "ADDRESS:PORT", "127.0.0.1:4566", "where the server listens; port 0 picks a free one"},
    {"data-dir", "DIR", "", "where everything is kept (default: ~/.local/share/gantry, /var/lib/gantry for root)"},
    {"in-memory", "", "false", "keep nothing: all is gone when the server stops"},
    {"account", "ID", "000000000000", "the default account, 12 digits"},
    {"region", "NAME", "us-east-1", "the region of requests that name none"},
    {"auth", "off|audit|enforce", "audit", "off: anything goes; audit: decisions are computed and shown; enforce: as on AWS"},
    {"root-access-key", "KEY", "", "access key id of the default account's root, for --auth enforce"},
    {"root-secret-key", "SECRET", "", "its secret access key", false, true},
    {"runtime", "auto|oci|none", "auto", "what runs containers"},
    {"upstream", "[SERVICE=]URL", "", "where services that are not native live; with SERVICE= that one alone, native or not", true},
    {"public-url", "URL", "", "the server's own URL as clients see it (default: from --listen)"},
    {"allow-host", "NAME", "", "a further Host header to answer to, beside loopback names", true},
    {"allow-origin", "ORIGIN", "", "a web origin that may call from a browser, beside the console's own", true},
    {"insecure", "", "false", "allow listening beyond loopback without --auth enforce"},
    {"retention-days", "DAYS", "90", "how long a finished execution is kept with its history; 0: for ever"},
    {"otlp-endpoint", "URL", "", "an OpenTelemetry collector for traces of executions, OTLP over HTTP: http://127.0.0.1:4318"},
    {"max-open-executions", "N", "1000000", "open executions in an account and region"},
    {"memory-limit", "MB", "", "memory beyond which new work is refused; 0: none (default: most of what the control group allows, if it says)"},
    {"quotas", "off|aws", "off", "aws: request quotas as AWS has them"},
    {"endpoint", "URL", "", "the running server that a command talks to"},
    {"config", "FILE", "", "a TOML file with any of these settings"},
};

std::string variable_name(std::string_view name) {
  std::string out = "GANTRY_";
  for (const char c : name) out.push_back(c == '-' ? '_' : static_cast<char>(std::toupper(c)));
  return out;
}

size_t index_of(std::string_view name) {
  const auto it = std::ranges::find(kSettings, name, &Setting::name);
  CHECK(it != std::end(kSettings), "only settings that exist are asked for");
  return static_cast<size_t>(it - std::begin(kSettings));
}

std::vector<std::string> split_words(std::string_view text) {
  std::vector<std::string> words;
  size_t at = 0;
  while (at < text.size()) {
    const size_t end = std::min(text.find_first_of(" ,", at), text.size());
    if (end > at) words.emplace_back(text.substr(at, end - at));
    at = end + 1;
  }
  return words;
}

Status read_file(const std::string& path, std::vector<Origin>& origins) {
  const auto parsed = toml::parse_file(path);
  if (!parsed) {
    return fail("Config", fmt::format("{}:{}: {}", path, static_cast<int>(parsed.error().source().begin.line), parsed.error().description()));
  }
  for (const auto& [key, node] : parsed.table()) {
    const auto known = std::ranges::find(kSettings, std::string_view(key.str()), &Setting::name);
    if (known == std::end(kSettings)) return fail("Config", fmt::format("{}: there is no setting '{}'; see gantry help serve", path, key.str()));
    Origin& origin = origins[static_cast<size_t>(known - std::begin(kSettings))];
    origin.from = path;
    origin.values.clear();
    const auto add = [&](const toml::node& value) {
      if (const auto text = value.value<std::string>()) {
        origin.values.push_back(*text);
      } else if (const auto flag = value.value<bool>()) {
        origin.values.emplace_back(*flag ? "true" : "false");
      }
    };
    if (const auto* array = node.as_array()) {
      for (const auto& value : *array) add(value);
    } else {
      add(node);
    }
  }
  return {};
}

std::string default_data_dir() {
  if (geteuid() == 0) return "/var/lib/gantry";
  if (const char* home = std::getenv("HOME")) return std::string(home) + "/.local/share/gantry";
  return "gantry-data";
}

}  // namespace

std::span<const Setting> settings() { return kSettings; }

Result<Config> Config::load(std::vector<std::string>& arguments) {
  // Flags first, since one of them names the file.
  std::vector<Origin> flags(std::size(kSettings));
  std::vector<std::string> rest;
  for (size_t i = 0; i < arguments.size(); ++i) {
    std::string_view word = arguments[i];
    if (!word.starts_with("--")) {
      rest.push_back(arguments[i]);
      continue;
    }
    word.remove_prefix(2);
    const size_t equals = word.find('=');
    const auto known = std::ranges::find(kSettings, word.substr(0, equals), &Setting::name);
    if (known == std::end(kSettings)) {
      rest.push_back(arguments[i]);
      continue;
    }
    Origin& origin = flags[static_cast<size_t>(known - std::begin(kSettings))];
    origin.from = "flag";
    if (!known->repeats) origin.values.clear();
    if (equals != word.npos) {
      origin.values.emplace_back(word.substr(equals + 1));
    } else if (known->argument.empty()) {
      origin.values.emplace_back("true");
    } else if (i + 1 < arguments.size()) {
      origin.values.push_back(arguments[++i]);
    } else {
      return fail("Config", fmt::format("--{} needs {}", known->name, known->argument));
    }
  }
  arguments = std::move(rest);

  Config config;
  config.origins_.resize(std::size(kSettings));
  for (size_t i = 0; i < std::size(kSettings); ++i) {
    config.origins_[i].from = "default";
    if (!kSettings[i].fallback.empty()) config.origins_[i].values = {std::string(kSettings[i].fallback)};
  }
  config.origins_[index_of("data-dir")].values = {default_data_dir()};
  std::string file = flags[index_of("config")].values.empty() ? "" : flags[index_of("config")].values[0];
  if (const char* named = std::getenv("GANTRY_CONFIG"); file.empty() && named) file = named;
  if (!file.empty()) TRY(read_file(file, config.origins_));
  for (size_t i = 0; i < std::size(kSettings); ++i) {
    if (const char* value = std::getenv(variable_name(kSettings[i].name).c_str())) {
      config.origins_[i] = {kSettings[i].repeats ? split_words(value) : std::vector<std::string>{value}, "environment"};
      if (kSettings[i].argument.empty()) config.origins_[i].values[0] = std::string_view(value) == "0" || std::string_view(value) == "false" || !*value ? "false" : "true";
    }
    if (!flags[i].from.empty()) config.origins_[i] = std::move(flags[i]);
  }
  return config;
}

const Origin& Config::origin(std::string_view name) const { return origins_[index_of(name)]; }

std::string Config::get(std::string_view name) const {
  const auto& values = origin(name).values;
  return values.empty() ? "" : values.back();
}

std::vector<std::string> Config::all(std::string_view name) const { return origin(name).values; }

std::string server_url(const Config& config) {
  if (const std::string url = config.get("endpoint"); !url.empty()) return url;
  const Origin& listen = config.origin("listen");
  if (listen.from == "default") {
    if (const char* url = std::getenv("AWS_ENDPOINT_URL")) return url;
  }
  return "http://" + config.get("listen");
}

}  // namespace app
