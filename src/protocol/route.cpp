#include "protocol/route.h"

#include <algorithm>

#include "protocol/codec/rest.h"

namespace protocol {
namespace {

using model::Protocol;

bool speaks_query(const model::Metadata& service) {
  return service.speaks(Protocol::query) || service.speaks(Protocol::ec2);
}

void set_operation(Route& out, std::string_view name) {
  out.operation = name;
  if (out.dialect.service) out.dialect.operation = out.dialect.service->find(name);
}

// X-Amz-Target: PREFIX.Operation
Route target_route(const net::Request& request, std::string_view target) {
  Route out;
  out.dialect.protocol = Protocol::json;
  const size_t dot = target.rfind('.');
  const std::string_view prefix = dot == target.npos ? target : target.substr(0, dot);
  const std::string_view type = request.headers.get("Content-Type");
  const model::Metadata* metadata = model::find_by_target(prefix);
  if (metadata) {
    out.service = metadata->signing_name;
    out.dialect.service = model::find(metadata->signing_name);
    out.dialect.json_version = metadata->json_version;
  }
  if (type.starts_with("application/x-amz-json-1.0")) out.dialect.json_version = "1.0";
  if (type.starts_with("application/x-amz-json-1.1")) out.dialect.json_version = "1.1";
  if (dot != target.npos) set_operation(out, target.substr(dot + 1));
  return out;
}

// /service/PREFIX/operation/Operation; the prefix may be a whole shape name, com.example#Service.
std::optional<Route> cbor_route(const net::Request& request) {
  std::string_view path = request.path();
  const size_t start = path.find("/service/");
  const size_t middle = path.find("/operation/", start == path.npos ? 0 : start + 9);
  if (start == path.npos || middle == path.npos) return std::nullopt;
  const bool cbor = request.headers.get("smithy-protocol") == "rpc-v2-cbor" ||
                    request.headers.get("Content-Type").starts_with("application/cbor");
  if (!cbor) return std::nullopt;
  std::string_view prefix = path.substr(start + 9, middle - start - 9);
  if (const size_t hash = prefix.find_last_of("#."); hash != prefix.npos)
    prefix.remove_prefix(hash + 1);
  Route out;
  out.dialect.protocol = Protocol::cbor;
  if (const model::Metadata* metadata = model::find_by_target(prefix);
      metadata && metadata->speaks(Protocol::cbor)) {
    out.service = metadata->signing_name;
    out.dialect.service = model::find(metadata->signing_name);
  }
  set_operation(out, path.substr(middle + 11));
  return out;
}

// The service that a host name begins with, as AWS's own do: "sns.us-east-1.localhost:4566".
std::string_view host_service(const net::Request& request) {
  std::string_view host = request.headers.get("Host");
  if (host.starts_with("sync-")) host.remove_prefix(5);
  const size_t dot = host.find('.');
  if (dot == host.npos || !model::find_metadata(host.substr(0, dot))) return "";
  return host.substr(0, dot);
}

const model::Metadata* query_service(std::string_view signed_for, const codec::Form& form) {
  if (const model::Metadata* metadata = model::find_metadata(signed_for))
    return speaks_query(*metadata) ? metadata : nullptr;
  if (!signed_for.empty()) return nullptr;  // signed for a service that is not known here
  const std::string_view version = form.text("Version");
  const std::string_view action = form.text("Action");
  const model::Metadata* of_version = nullptr;
  for (const model::Metadata& one : model::all()) {
    if (speaks_query(one) && one.api_version == version) of_version = &one;
  }
  if (of_version || !version.empty()) return of_version;
  // Neither signed nor of a version: links as SNS sends them.
  for (const std::string_view name : {"sns", "sqs", "sts"}) {
    if (const model::Service* service = model::find(name); service && service->find(action))
      return model::find_metadata(name);
  }
  return nullptr;
}

Route query_route(codec::Form form, std::string_view signed_for) {
  Route out;
  const model::Metadata* metadata = query_service(signed_for, form);
  out.dialect.protocol =
      metadata && metadata->speaks(Protocol::ec2) ? Protocol::ec2 : Protocol::query;
  out.service = metadata ? metadata->signing_name : std::string(signed_for);
  if (metadata) out.dialect.service = model::find(metadata->signing_name);
  set_operation(out, form.text("Action"));
  out.form = std::move(form);
  return out;
}

bool is_rest(const model::Metadata& service) {
  return service.speaks(Protocol::rest_json) || service.speaks(Protocol::rest_xml);
}

Route rest_route(const net::Request& request, std::string_view signed_for) {
  Route out;
  out.dialect.protocol = Protocol::rest_json;
  const auto take = [&](const model::Metadata& metadata) {
    out.service = metadata.signing_name;
    out.dialect.service = model::find(metadata.signing_name);
    out.dialect.protocol = metadata.protocols.front();
    out.dialect.operation =
        codec::match_request(*out.dialect.service, request.method, request.path(), request.query());
    if (out.dialect.operation) out.operation = out.dialect.operation->name;
  };
  if (const model::Metadata* metadata = model::find_metadata(signed_for)) {
    if (is_rest(*metadata)) take(*metadata);
    out.service = signed_for;
    return out;
  }
  if (!signed_for.empty()) {
    out.service = signed_for;
    return out;
  }
  for (const model::Metadata& one : model::all()) {
    // S3's paths are everything there is, so that nothing unsigned is taken for one of them.
    if (!is_rest(one) || one.signing_name == "s3") continue;
    take(one);
    if (out.dialect.operation) return out;
  }
  return {.service = {},
          .operation = {},
          .dialect = {.protocol = Protocol::rest_json},
          .form = {},
          .queue_path = {}};
}
}  // namespace

std::expected<Route, RouteFault> route(const net::Request& request, std::string_view body,
                                       std::string_view signed_for) {
  if (signed_for.empty()) signed_for = host_service(request);
  if (const std::string_view target = request.headers.get("X-Amz-Target"); !target.empty())
    return target_route(request, target);
  if (auto found = cbor_route(request)) return *std::move(found);

  const bool form_body =
      request.method == "POST" &&
      request.headers.get("Content-Type").starts_with("application/x-www-form-urlencoded");
  const bool action_in_query = request.query().starts_with("Action=") ||
                               request.query().find("&Action=") != std::string_view::npos;
  if (form_body || action_in_query) {
    codec::Form form;
    Status read = form.add(request.query());
    if (read && form_body) read = form.add(body);
    form.sort();
    Route out = query_route(std::move(form), signed_for);
    if (!read) return std::unexpected(RouteFault{std::move(out), std::move(read).error()});
    // A queue's own URL stands for the parameter.
    if (out.service == "sqs" && !out.form.find("QueueUrl") && request.path().size() > 1) {
      out.queue_path = request.path();
    }
    return out;
  }
  return rest_route(request, signed_for);
}

}  // namespace protocol
