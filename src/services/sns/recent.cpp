#include "services/sns/recent.h"

#include <algorithm>

namespace sns {

using json::Value;

namespace {
// No letter of several bytes is cut in two.
std::string shortened(std::string_view text) {
  if (text.size() <= RecentMessages::kTextBytes) return std::string(text);
  size_t end = RecentMessages::kTextBytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return std::string(text.substr(0, end));
}
}  // namespace

void RecentMessages::published(std::string_view topic_arn, std::string_view id, Instant at, std::string_view subject, std::string_view text) {
  if (messages_.size() == kMessages) messages_.pop_front();
  messages_.push_back({std::string(topic_arn), std::string(id), std::string(subject), shortened(text), at, {}});
  changed(messages_.back());
}

RecentMessages::Message* RecentMessages::find(std::string_view id) {
  // What is asked about is among the newest, most often the last.
  const auto it = std::ranges::find(messages_.rbegin(), messages_.rend(), id, &Message::id);
  return it == messages_.rend() ? nullptr : &*it;
}

void RecentMessages::enqueued(std::string_view id, std::string_view subscription_arn, std::string_view protocol, std::string_view endpoint) {
  Message* message = find(id);
  if (!message || message->deliveries.size() >= kDeliveries) return;
  message->deliveries.push_back({std::string(subscription_arn), std::string(protocol), std::string(endpoint), "waiting"});
  changed(*message);
}

void RecentMessages::became(std::string_view id, std::string_view subscription_arn, std::string_view state) {
  Message* message = find(id);
  if (!message) return;
  const auto it = std::ranges::find(message->deliveries, subscription_arn, &Delivery::subscription);
  // A message that went to the dead-letter queue has failed, though that delivery went well.
  if (it == message->deliveries.end() || it->state != "waiting") return;
  it->state = state;
  changed(*message);
}

Value RecentMessages::of(std::string_view topic_arn) const {
  std::vector<Value> list;
  for (auto it = messages_.rbegin(); it != messages_.rend(); ++it) {
    if (it->topic != topic_arn) continue;
    std::vector<Value> deliveries;
    for (const Delivery& d : it->deliveries) {
      deliveries.push_back(json::object({{"subscriptionArn", d.subscription}, {"protocol", d.protocol}, {"endpoint", d.endpoint}, {"state", d.state}}));
    }
    json::ObjectBuilder out;
    out.add("messageId", it->id).add("timestamp", it->at.seconds()).add_text("subject", it->subject).add("message", it->text);
    out.add("deliveries", Value::array(std::move(deliveries)));
    list.push_back(out.build());
  }
  return json::object({{"messages", Value::array(std::move(list))}});
}

}  // namespace sns
