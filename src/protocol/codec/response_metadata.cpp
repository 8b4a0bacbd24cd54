#include "protocol/codec/response_metadata.h"

#include "base/time_text.h"
#include "protocol/codec/codec.h"

namespace codec {

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
  // Recorded: ECS's answers are without it.
  if (service != "ecs") out.headers.push_back({"connection", "keep-alive"});
  out.headers.push_back({"Content-Length", std::to_string(response.body.size())});
  out.headers.push_back({"Date", http_date(at)});
  for (const net::Header& header : response.headers.list) {
    if (!net::same_header_name(header.name, "x-amzn-RequestId")) out.headers.push_back(header);
  }
  return out;
}

}  // namespace codec
