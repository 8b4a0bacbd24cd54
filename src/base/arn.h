#pragma once
// An Amazon Resource Name: arn:partition:service:region:account:resource.
#include <optional>
#include <string>
#include <string_view>

struct Arn {
  std::string partition = "aws";
  std::string service;
  std::string region;
  std::string account;
  std::string resource;  // everything after the fifth colon: "stateMachine:name", "role/path/name"

  // Nothing when there are fewer than six parts or the first is not "arn".
  static std::optional<Arn> parse(std::string_view text);
  std::string text() const;
};
