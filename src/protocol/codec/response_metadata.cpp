#include "protocol/codec/response_metadata.h"

#include <fmt/format.h>
#include <zlib.h>

#include "base/time_text.h"
#include "protocol/codec/codec.h"

namespace codec {
namespace {

// "1-<seconds in hex>-<24 hex digits>", made of the request's id.
std::string trace_root(std::string_view request_id, Instant at) {
  std::string digits;
  for (const char c : request_id) {
    if (c != '-' && digits.size() < 24) digits.push_back(c);
  }
  return fmt::format("1-{:08x}-{}", at.ms / 1000, digits);
}

}  // namespace

ResponseMetadata response_metadata(std::string_view service, std::string_view operation,
                                   const json::Value& result, std::string_view request_id,
                                   Instant at) {
  Dialect dialect;
  dialect.service = model::find(service);
  if (dialect.service) {
    dialect.protocol = dialect.service->metadata().protocols.front();
    dialect.json_version = dialect.service->metadata().json_version;
    dialect.operation = dialect.service->find(operation);
  }
  const net::Response response = encode_result(dialect, result, request_id);
  ResponseMetadata out{.status = response.status, .headers = {}};
  out.headers.push_back({"x-amzn-RequestId", std::string(request_id)});
  // What the services' own front ends add, as it was recorded.
  if (service == "lambda" || service == "dynamodb") {
    out.headers.push_back({"Connection", "keep-alive"});
  } else if (service != "ecs") {
    out.headers.push_back({"connection", "keep-alive"});
  }
  if (service == "lambda") {
    out.headers.push_back({"x-amzn-Remapped-Content-Length", "0"});
    out.headers.push_back({"X-Amzn-Trace-Id", "root=" + trace_root(request_id, at) + ";sampled=0"});
  }
  if (service == "dynamodb") {
    out.headers.push_back({"Server", "Server"});
    out.headers.push_back({"x-amz-crc32", std::to_string(crc32(0, reinterpret_cast<const Bytef*>(response.body.data()), static_cast<uInt>(response.body.size())))});
  }
  out.headers.push_back({"Content-Length", std::to_string(response.body.size())});
  out.headers.push_back({"Date", http_date(at)});
  for (const net::Header& header : response.headers.list) {
    if (!net::same_header_name(header.name, "x-amzn-RequestId")) out.headers.push_back(header);
  }
  return out;
}

}  // namespace codec
