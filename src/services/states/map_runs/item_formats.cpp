#include "services/states/map_runs/item_formats.h"

#include <fmt/format.h>
#include <zlib.h>

#include <set>

#include "language/json/value.h"
#include "language/json/parse.h"

namespace states {
namespace {

using json::Value;

// What one object may unfold to.
constexpr size_t kObjectBytesMax = 512u << 20;

std::unexpected<ReadFault> fault(std::string cause) { return std::unexpected(ReadFault{std::move(cause)}); }

std::expected<std::string, ReadFault> gunzip(std::string_view bytes) {
  z_stream stream{};
  if (inflateInit2(&stream, 16 + MAX_WBITS) != Z_OK) return fault("The object could not be decompressed.");
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  std::string out;
  int status = Z_OK;
  char buffer[65'536];
  while (status == Z_OK && out.size() <= kObjectBytesMax) {
    stream.next_out = reinterpret_cast<Bytef*>(buffer);
    stream.avail_out = sizeof buffer;
    status = inflate(&stream, Z_NO_FLUSH);
    out.append(buffer, sizeof buffer - stream.avail_out);
    if (status == Z_OK && stream.avail_in == 0 && stream.avail_out != 0) break;
  }
  inflateEnd(&stream);
  if (status != Z_STREAM_END) return fault("The object could not be decompressed.");
  return out;
}

// RFC 4180: fields may be quoted, quotes in them are doubled, lines end with LF or CRLF.
class Csv {
 public:
  Csv(std::string_view text, char delimiter) : text_(text), delimiter_(delimiter) {}

  // Nothing at the end of the text.
  std::optional<std::vector<std::string>> row() {
    if (at_ >= text_.size()) return std::nullopt;
    std::vector<std::string> fields;
    while (true) {
      fields.push_back(field());
      if (at_ < text_.size() && text_[at_] == delimiter_) {
        ++at_;
        continue;
      }
      if (at_ < text_.size() && text_[at_] == '\r') ++at_;
      if (at_ < text_.size() && text_[at_] == '\n') ++at_;
      return fields;
    }
  }

 private:
  std::string field() {
    std::string out;
    if (at_ < text_.size() && text_[at_] == '"') {
      for (++at_; at_ < text_.size(); ++at_) {
        if (text_[at_] != '"') {
          out.push_back(text_[at_]);
        } else if (at_ + 1 < text_.size() && text_[at_ + 1] == '"') {
          out.push_back('"');
          ++at_;
        } else {
          ++at_;
          break;
        }
      }
    }
    while (at_ < text_.size() && text_[at_] != delimiter_ && text_[at_] != '\n' && !text_.substr(at_).starts_with("\r\n")) out.push_back(text_[at_++]);
    return out;
  }

  std::string_view text_;
  char delimiter_;
  size_t at_ = 0;
};

Items csv_items(std::string_view text, const ReaderConfig& config) {
  Csv csv(text, config.delimiter);
  std::vector<std::string> headers = config.headers;
  if (!config.headers_given) {
    auto first = csv.row();
    if (!first) return std::vector<Value>{};
    headers = std::move(*first);
  }
  if (std::set<std::string>(headers.begin(), headers.end()).size() != headers.size()) return fault("CSV headers cannot contain duplicates.");
  const auto order = json::java_hash_order(headers);
  std::vector<Value> items;
  while (static_cast<int64_t>(items.size()) < config.items_max) {
    auto row = csv.row();
    if (!row) break;
    // A row is as long as its headers: what is missing is empty, what is too much is dropped.
    row->resize(headers.size());
    std::vector<json::Member> members;
    members.reserve(order.size());
    for (const size_t i : order) members.push_back({headers[i], Value(std::move((*row)[i]))});
    items.push_back(Value::object(std::move(members)));
  }
  return items;
}

Items json_items(std::string_view text, const ReaderConfig& config) {
  auto parsed = json::parse(text);
  if (!parsed) return fault("Attempting to map over non-iterable node.");
  Value document = *std::move(parsed);
  // RFC 6901.
  for (std::string_view rest = config.pointer; rest.starts_with('/');) {
    const size_t end = std::min(rest.find('/', 1), rest.size());
    std::string step(rest.substr(1, end - 1));
    for (size_t at = 0; (at = step.find('~', at)) != step.npos; ++at) step.replace(at, 2, step.compare(at, 2, "~1") == 0 ? "/" : "~");
    rest.remove_prefix(end);
    const Value* next = nullptr;
    if (document.is_object()) next = document.find(step);
    if (document.is_array() && !step.empty() && step.find_first_not_of("0123456789") == step.npos && step.size() < 10) {
      const size_t index = std::stoul(step);
      if (index < document.size()) next = &document[index];
    }
    if (!next) return fault(fmt::format("The ItemsPointer {} does not lead to anything in the object.", config.pointer));
    document = Value(*next);
  }
  if (!document.is_array()) return fault("Attempting to map over non-iterable node.");
  std::vector<Value> items;
  for (const Value& item : document.items()) {
    if (static_cast<int64_t>(items.size()) >= config.items_max) break;
    items.push_back(item);
  }
  return items;
}

Items json_line_items(std::string_view text, const ReaderConfig& config) {
  std::vector<Value> items;
  while (!text.empty() && static_cast<int64_t>(items.size()) < config.items_max) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.find_first_not_of(" \t\r") == line.npos) continue;
    auto item = json::parse(line);
    if (!item) return fault(fmt::format("Line {} of the object is not valid JSON.", items.size() + 1));
    items.push_back(*std::move(item));
  }
  return items;
}

}  // namespace

std::expected<ReaderConfig, ReadFault> reader_config(const Value& config, std::optional<int64_t> items_max) {
  ReaderConfig out;
  if (items_max) out.items_max = *items_max;
  if (!config.is_object()) return out;
  const std::string_view type = config.text("InputType");
  if (type == "CSV") {
    out.type = ReaderConfig::Type::csv;
  } else if (type == "JSONL") {
    out.type = ReaderConfig::Type::json_lines;
  } else if (type == "MANIFEST") {
    out.type = ReaderConfig::Type::manifest;
  } else if (type == "PARQUET") {
    return fault("InputType PARQUET is not part of this server: convert the data to JSONL or CSV.");
  } else if (!type.empty() && type != "JSON") {
    return fault(fmt::format("InputType {} is not known.", type));
  }
  out.headers_given = config.text("CSVHeaderLocation") == "GIVEN";
  if (const Value& names = config["CSVHeaders"]; names.is_array()) {
    for (const Value& name : names.items()) out.headers.emplace_back(name.is_string() ? name.as_string() : "");
  }
  for (const auto& [name, character] : {std::pair{"PIPE", '|'}, {"SEMICOLON", ';'}, {"SPACE", ' '}, {"TAB", '\t'}}) {
    if (config.text("CSVDelimiter") == name) out.delimiter = character;
  }
  out.pointer = config.text("ItemsPointer");
  out.athena = config.text("ManifestType") == "ATHENA_DATA";
  out.flatten = config.text("Transformation") == "LOAD_AND_FLATTEN";
  return out;
}

Items items_of(std::string_view bytes, const ReaderConfig& config) {
  std::string unpacked;
  if (bytes.starts_with("\x1f\x8b")) {
    auto plain = gunzip(bytes);
    if (!plain) return std::unexpected(std::move(plain).error());
    unpacked = *std::move(plain);
    bytes = unpacked;
  }
  if (bytes.starts_with("\xef\xbb\xbf")) bytes.remove_prefix(3);
  switch (config.type) {
    case ReaderConfig::Type::csv: return csv_items(bytes, config);
    case ReaderConfig::Type::json_lines: return json_line_items(bytes, config);
    case ReaderConfig::Type::json:
    case ReaderConfig::Type::manifest: return json_items(bytes, config);
  }
  return fault("unreachable");
}

std::expected<std::vector<ObjectName>, ReadFault> manifest_objects(std::string_view bytes, const ReaderConfig& config, std::string_view bucket) {
  std::vector<ObjectName> out;
  if (config.athena) {
    // A list of s3://bucket/key, a line each.
    while (!bytes.empty()) {
      const size_t end = std::min(bytes.find('\n'), bytes.size());
      std::string_view line = bytes.substr(0, end);
      bytes.remove_prefix(std::min(end + 1, bytes.size()));
      while (line.ends_with('\r') || line.ends_with(' ')) line.remove_suffix(1);
      if (line.empty()) continue;
      const size_t slash = line.starts_with("s3://") ? line.find('/', 5) : line.npos;
      if (slash == line.npos) return fault("The manifest names something that is not an S3 object.");
      out.push_back({std::string(line.substr(5, slash - 5)), std::string(line.substr(slash + 1))});
    }
    return out;
  }
  const auto parsed = json::parse(bytes);
  if (!parsed || !(*parsed)["files"].is_array()) return fault("The object is not an S3 inventory manifest.");
  if (const auto format = parsed->text("fileFormat", "CSV"); format != "CSV") return fault(fmt::format("An inventory of format {} is not part of this server: use CSV.", format));
  std::string_view from = parsed->text("destinationBucket", bucket);
  if (from.starts_with("arn:")) from.remove_prefix(from.rfind(':') + 1);
  for (const Value& file : (*parsed)["files"].items()) out.push_back({std::string(from), std::string(file.text("key"))});
  return out;
}

std::vector<std::string> manifest_columns(std::string_view bytes) {
  std::vector<std::string> out;
  const auto parsed = json::parse(bytes);
  std::string_view schema = parsed ? parsed->text("fileSchema") : "";
  while (!schema.empty()) {
    const size_t end = std::min(schema.find(','), schema.size());
    std::string_view name = schema.substr(0, end);
    schema.remove_prefix(std::min(end + 1, schema.size()));
    while (name.starts_with(' ')) name.remove_prefix(1);
    while (name.ends_with(' ')) name.remove_suffix(1);
    if (!name.empty()) out.emplace_back(name);
  }
  return out;
}

}  // namespace states
