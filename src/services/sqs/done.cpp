// Messages that are done with, or that somebody needs longer or shorter.
#include <fmt/format.h>

#include <charconv>

#include "services/sqs/errors.h"
#include "services/sqs/sqs.h"

namespace sqs {

using json::Value;

namespace {
constexpr int64_t kVisibilityMaxS = 43'200;
}

// Sealed, so that only what a receive gave is taken: the message and its how manieth receive this
// was.
std::string Sqs::receipt_of(const Queue& queue, const Held& held) const {
  return kit_.sealer.seal("sqs:receipt:" + queue.id,
                          fmt::format("{} {}", held.sequence, held.receives));
}

Result<std::pair<uint64_t, int>> Sqs::open_receipt(const Queue& queue,
                                                   std::string_view receipt) const {
  const auto text = kit_.sealer.open("sqs:receipt:" + queue.id, receipt);
  if (!text) {
    return fail(
        "ReceiptHandleIsInvalid",
        fmt::format("The input receipt handle \"{}\" is not a valid receipt handle.", receipt),
        404);
  }
  std::pair<uint64_t, int> out{0, 0};
  const char* end = text->data() + text->size();
  const auto first = std::from_chars(text->data(), end, out.first);
  std::from_chars(std::min(first.ptr + 1, end), end, out.second);
  return out;
}

Status Sqs::delete_one(const Found& from, std::string_view receipt) {
  const auto [sequence, receives] = TRY(open_receipt(*from.queue, receipt));
  Backlog& backlog = from.live->backlog;
  backlog.reveal(kit_.clock().now());
  const Held* held = backlog.find(sequence);
  if (!held) return {};
  // In a standard queue an old receipt does as well.
  if (from.live->settings.fifo && (!held->in_flight || held->receives != receives))
    return invalid_parameter(receipt, "ReceiptHandle", "The receipt handle has expired.");
  store::Batch batch;
  drop_message(from, sequence, batch);
  kit_.store.commit(std::move(batch));
  // The rest of its group may go on.
  if (from.live->settings.fifo) arrived_later(from.scope, from.queue->name);
  return {};
}

Status Sqs::change_one(const Found& from, std::string_view receipt, const Value& timeout) {
  const auto [sequence, receives] = TRY(open_receipt(*from.queue, receipt));
  const int64_t seconds = timeout.as_int64().value_or(-1);
  if (seconds < 0 || seconds > kVisibilityMaxS) {
    return invalid_parameter(std::to_string(seconds), "VisibilityTimeout",
                             "VisibilityTimeout must be an integer between 0 and 43200.");
  }
  const Instant now = kit_.clock().now();
  Backlog& backlog = from.live->backlog;
  backlog.reveal(now);
  Held* held = backlog.find(sequence);
  const bool expired =
      held && from.live->settings.fifo && (!held->in_flight || held->receives != receives);
  if (!held || expired) {
    return invalid_parameter(
        receipt, "ReceiptHandle",
        "Message does not exist or is not available for visibility timeout change.");
  }
  backlog.hide(*held, now + seconds * 1000, true);
  store::Batch batch;
  batch.put(store::Space::outbox, record_key(from.queue->id, Record::state, sequence),
            write_state(*held));
  kit_.store.commit(std::move(batch));
  backlog.reveal(now);
  counts_changed(from.scope, from.queue->name);
  arrived_later(from.scope, from.queue->name);
  return {};
}

Result<Value> Sqs::delete_message(const Call& call) {
  const Found found = TRY(find(call));
  TRY(delete_one(found, call.params.text("ReceiptHandle")));
  return Value::object();
}

Result<Value> Sqs::change_visibility(const Call& call) {
  const Found found = TRY(find(call));
  TRY(change_one(found, call.params.text("ReceiptHandle"), call.params["VisibilityTimeout"]));
  return Value::object();
}

namespace {

// Does to each entry of a batch what `work` does to one.
template <typename Work>
Result<Value> each_entry(const Value& entries, Work work) {
  TRY(check_batch(entries));
  std::vector<Value> succeeded, failed;
  for (const Value& entry : entries.items()) {
    if (const Status done = work(entry); done) {
      succeeded.push_back(json::object({{"Id", entry["Id"]}}));
    } else {
      failed.push_back(failed_entry(entry, done.error()));
    }
  }
  return batch_answer(std::move(succeeded), std::move(failed));
}

}  // namespace

Result<Value> Sqs::delete_batch(const Call& call) {
  const Found found = TRY(find(call));
  return each_entry(call.params["Entries"], [&](const Value& entry) {
    return delete_one(found, entry.text("ReceiptHandle"));
  });
}

Result<Value> Sqs::change_visibility_batch(const Call& call) {
  const Found found = TRY(find(call));
  return each_entry(call.params["Entries"], [&](const Value& entry) {
    return change_one(found, entry.text("ReceiptHandle"), entry["VisibilityTimeout"]);
  });
}

}  // namespace sqs
