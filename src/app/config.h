#pragma once
// The settings of the program: each has a flag, a variable of the environment and a place in a TOML file.
//
// A flag wins over the environment, that over the file, that over the default. `gantry config` prints what is
// in force and where each value came from.
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace app {

struct Setting {
  std::string_view name;      // flag "--data-dir", variable GANTRY_DATA_DIR, TOML key "data-dir"
  std::string_view argument;  // "DIR" in the help; empty: a switch
  std::string_view fallback;
  std::string_view help;
  bool repeats = false;       // may be given several times
  bool secret = false;        // never printed
};

std::span<const Setting> settings();

struct Origin {
  std::vector<std::string> values;
  std::string from;  // "default", "environment", "gantry.toml", "flag"
};

class Config {
 public:
  // Takes the flags that it knows out of `arguments`; what remains is the command's own.
  static Result<Config> load(std::vector<std::string>& arguments);

  std::string get(std::string_view name) const;
  std::vector<std::string> all(std::string_view name) const;
  bool on(std::string_view name) const { return get(name) == "true"; }
  const Origin& origin(std::string_view name) const;

 private:
  std::vector<Origin> origins_;  // as settings()
};

// A URL of a running server for the commands that talk to one: --endpoint, GANTRY_ENDPOINT, GANTRY_LISTEN,
// AWS_ENDPOINT_URL, else the default port.
std::string server_url(const Config& config);

}  // namespace app
