#include "base/arn.h"

std::optional<Arn> Arn::parse(std::string_view text) {
  std::string_view parts[5];
  for (auto& part : parts) {
    const size_t colon = text.find(':');
    if (colon == std::string_view::npos) return std::nullopt;
    part = text.substr(0, colon);
    text.remove_prefix(colon + 1);
  }
  if (parts[0] != "arn") return std::nullopt;
  return Arn{std::string(parts[1]), std::string(parts[2]), std::string(parts[3]), std::string(parts[4]),
             std::string(text)};
}

std::string Arn::text() const {
  std::string out = "arn:";
  out.reserve(32 + partition.size() + service.size() + region.size() + account.size() + resource.size());
  out.append(partition).append(":").append(service).append(":").append(region).append(":");
  return out.append(account).append(":").append(resource);
}
