#pragma once
// What stands behind a command's name: flags, flags with a value, and the rest in order.
//
//   Options options(arguments);
//   const auto expr = options.value("--expr");        // "--expr E" or "--expr=E"
//   const bool lines = options.flag("--jsonl");
//   if (auto wrong = options.wrong()) ...              // an unknown flag, a missing value, said so that one can mend it
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cli {

class Options {
 public:
  explicit Options(std::vector<std::string> arguments) : arguments_(std::move(arguments)) {}

  // Each takes the flag out of the arguments; the last one given stands. "--" ends the flags.
  bool flag(std::string_view name);
  std::optional<std::string> value(std::string_view name);
  // A whole number of at least `least`; nothing (and wrong() tells) for anything else.
  std::optional<int64_t> number(std::string_view name, int64_t least);
  // What is left, when every flag has been asked for.
  std::vector<std::string> rest() const;
  std::optional<std::string> wrong() const;

 private:
  std::vector<std::string> arguments_;
  std::vector<std::string> known_;
  std::string trouble_;
};

// "JSON", or "@FILE" for a file's content, or "@-" for what comes on standard input. Nothing when the file cannot be read.
std::optional<std::string> text_of(const std::string& argument);
std::optional<std::string> read_file(const std::string& path);

// The one of `names` that was probably meant; empty when none is near.
std::string_view nearest(std::string_view word, const std::vector<std::string_view>& names);

}  // namespace cli
