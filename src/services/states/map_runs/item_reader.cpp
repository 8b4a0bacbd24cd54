#include "services/states/map_runs/item_reader.h"

#include <fmt/format.h>

#include <memory>

#include "base/encoding.h"

namespace states {
namespace {

using json::Value;

constexpr int kListPagesMax = 100'000;

std::string told(const Error& error, const std::string& request_id) {
  if (error.code == "UnknownOperationException") return "No S3 is configured: start gantry with --upstream s3=URL.";
  const bool missing = error.code == "NoSuchKey";
  const int status = missing ? 404 : error.http_status ? error.http_status : 400;
  return fmt::format("{}Message from S3: {} (Service: S3, Status Code: {}, Request ID: {}, Extended Request ID: {}) (SDK Attempt Count: 1)",
                     missing ? "The specified S3 object does not exist. | " : "The items could not be read. | ", error.message, status, request_id, request_id);
}

class Reading : public std::enable_shared_from_this<Reading> {
 public:
  Reading(protocol::Registry& registry, protocol::Principal role, std::string region, ReaderConfig config, Value parameters, Function<void(Items)> done)
      : registry_(registry), role_(std::move(role)), region_(std::move(region)), config_(std::move(config)), parameters_(std::move(parameters)), done_(std::move(done)) {}

  void object() {
    const std::string bucket(parameters_.text("Bucket"));
    get(bucket, std::string(parameters_.text("Key")), [self = shared_from_this(), bucket](std::string bytes) {
      if (self->config_.type != ReaderConfig::Type::manifest) return self->finish(items_of(bytes, self->config_));
      auto objects = manifest_objects(bytes, self->config_, bucket);
      if (!objects) return self->finish(std::unexpected(std::move(objects).error()));
      // What a manifest names are tables: an inventory's have no header of their own.
      self->config_.type = ReaderConfig::Type::csv;
      self->config_.headers_given = !self->config_.athena || self->config_.headers_given;
      if (!self->config_.athena) self->config_.headers = manifest_columns(bytes);
      self->objects_ = *std::move(objects);
      self->next_object();
    });
  }

  void listing() {
    call("ListObjectsV2", parameters_, [self = shared_from_this()](const Value& page) {
      const Value& contents = page["Contents"];
      for (size_t i = 0; contents.is_array() && i < contents.size() && !self->full(); ++i) {
        const Value& object = contents[i];
        json::ObjectBuilder item;
        item.add("Etag", object["ETag"]).add("LastModified", object["LastModified"]).add("Key", object["Key"]);
        item.add("Size", object["Size"]).add("StorageClass", object.text("StorageClass", "STANDARD"));
        self->items_.push_back(item.build());
      }
      const std::string token(page.text("NextContinuationToken"));
      if (token.empty() || self->full() || ++self->pages_ >= kListPagesMax) return self->listed();
      self->parameters_ = self->parameters_.with("ContinuationToken", token);
      self->listing();
    });
  }

 private:
  bool full() const { return static_cast<int64_t>(items_.size()) >= config_.items_max; }

  void listed() {
    if (!config_.flatten) return finish(std::move(items_));
    for (const Value& item : items_) objects_.push_back({std::string(parameters_.text("Bucket")), std::string(item.text("Key"))});
    items_.clear();
    next_object();
  }

  // The items of one object after another, end to end.
  void next_object() {
    if (read_ == objects_.size() || full()) return finish(std::move(items_));
    const ObjectName& name = objects_[read_++];
    get(name.bucket, name.key, [self = shared_from_this()](std::string bytes) {
      auto items = items_of(bytes, self->config_);
      if (!items) return self->finish(std::move(items));
      for (Value& item : *items) {
        if (!self->full()) self->items_.push_back(std::move(item));
      }
      self->next_object();
    });
  }

  void get(const std::string& bucket, const std::string& key, Function<void(std::string)> then) {
    call("GetObject", json::object({{"Bucket", bucket}, {"Key", key}}), [self = shared_from_this(), then = std::move(then)](const Value& answer) mutable {
      auto bytes = base64_decode(answer.text("Body"));
      if (!bytes) return self->finish(std::unexpected(ReadFault{"S3 answered with something that is not an object."}));
      then(*std::move(bytes));
    });
  }

  void call(std::string_view operation, Value params, Function<void(const Value&)> then) {
    const protocol::Call made = registry_.internal(role_, region_, "s3", operation, std::move(params));
    registry_.call(made, [self = shared_from_this(), id = made.request_id, then = std::move(then)](Result<Value> answer) mutable {
      if (!answer) return self->finish(std::unexpected(ReadFault{told(answer.error(), id)}));
      then(*answer);
    });
  }

  void finish(Items items) {
    if (done_) std::exchange(done_, nullptr)(std::move(items));
  }

  protocol::Registry& registry_;
  protocol::Principal role_;
  std::string region_;
  ReaderConfig config_;
  Value parameters_;
  Function<void(Items)> done_;
  std::vector<Value> items_;
  std::vector<ObjectName> objects_;
  size_t read_ = 0;
  int pages_ = 0;
};

}  // namespace

void read_items(protocol::Registry& registry, const protocol::Principal& role, const std::string& region, const asl::ReadItems& what,
                Function<void(Items)> done) {
  auto config = reader_config(what.reader["ReaderConfig"], what.items_max);
  if (!config) return done(std::unexpected(std::move(config).error()));
  const Value& given = what.reader.find("Arguments") ? what.reader["Arguments"] : what.reader["Parameters"];
  const bool lists = what.reader.text("Resource").ends_with("listObjectsV2");
  auto reading = std::make_shared<Reading>(registry, role, region, *std::move(config), given, std::move(done));
  lists ? reading->listing() : reading->object();
}

}  // namespace states
