#pragma once
// The last messages of every topic and what became of them: what the console shows under a topic. In memory alone, within
// a bound, since AWS's API has no such question.
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "engine/store/changes.h"
#include "language/json/value.h"

namespace sns {

class RecentMessages {
 public:
  static constexpr size_t kMessages = 1'000;     // of all topics
  static constexpr size_t kTextBytes = 4'096;
  static constexpr size_t kDeliveries = 100;     // of one message

  explicit RecentMessages(store::Changes& changes) : changes_(changes) {}

  void published(std::string_view topic_arn, std::string_view id, Instant at, std::string_view subject, std::string_view text);
  // A subscription is to get it; `state` of a delivery: "waiting", "delivered", "failed", "unreachable".
  void enqueued(std::string_view id, std::string_view subscription_arn, std::string_view protocol, std::string_view endpoint);
  void became(std::string_view id, std::string_view subscription_arn, std::string_view state);

  // Of one topic, the newest first: {"messages": [{"messageId", "timestamp", "subject"?, "message", "deliveries": [...]}]}.
  json::Value of(std::string_view topic_arn) const;

 private:
  struct Delivery {
    std::string subscription, protocol, endpoint, state;
  };
  struct Message {
    std::string topic, id, subject, text;
    Instant at;
    std::vector<Delivery> deliveries;
  };
  Message* find(std::string_view id);

  void changed(const Message& message) { changes_.say("sns/message", "", "", message.topic); }

  store::Changes& changes_;
  std::deque<Message> messages_;
};

}  // namespace sns
