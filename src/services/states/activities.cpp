// Activities: work that waits until somebody asks for it.
#include <fmt/format.h>

#include <algorithm>

#include "net/http.h"
#include "services/states/configuration.h"
#include "services/states/states.h"

namespace states {

using Value = json::Value;

namespace {
constexpr int64_t kPollMs = 60'000;
constexpr size_t kPollersMax = 1'000;

std::string place_of(std::string_view execution, uint64_t task) { return fmt::format("{} {}", execution, task); }

std::unexpected<Error> no_such_activity(std::string_view arn) {
  return fail("ActivityDoesNotExist", fmt::format("Activity Does Not Exist: '{}'", arn));
}
}  // namespace

Result<Value> States::create_activity(const Call& call) {
  const std::string name(call.params.text("name"));
  if (!is_valid_name(name)) return fail("InvalidName", fmt::format("Invalid Name: '{}'", name));
  const services::Scope scope{call.account, call.region};
  const Value& encryption = call.params["encryptionConfiguration"];
  if (const Activity* there = activities_.find(scope, name)) {
    if (!(there->encryption == encryption)) {
      return fail("ActivityAlreadyExists", fmt::format("Activity Already Exists: '{}'", there->arn));
    }
    return json::object({{"activityArn", there->arn}, {"creationDate", there->created.seconds()}});
  }
  TRY(check_encryption(encryption));
  constexpr size_t kActivitiesMax = 100'000;
  if (activities_.all(scope).size() >= kActivitiesMax) return fail("ActivityLimitExceeded", fmt::format("Activity Limit Exceeded: '{}'", kActivitiesMax));
  Activity made{call.arn("activity:" + name), name, call.at, TRY(tags_from_list(call.params["tags"], call.for_stack())), encryption};
  const Activity& stored = activities_.put(scope, name, std::move(made));
  return json::object({{"activityArn", stored.arn}, {"creationDate", stored.created.seconds()}});
}

Result<Value> States::describe_activity(const Call& call) {
  const Name name = TRY(parse_activity_arn(call.params.text("activityArn")));
  const Activity* activity = activities_.find(scope_for(call, name), name.machine);
  if (!activity) return no_such_activity(name.arn);
  json::ObjectBuilder out;
  out.add("activityArn", activity->arn).add("name", activity->name).add("creationDate", activity->created.seconds());
  out.add("encryptionConfiguration", shown_encryption(activity->encryption));
  return out.build();
}

bool States::has_activity(std::string_view arn) const {
  const auto name = parse_activity_arn(std::string(arn));
  return name && activities_.find(scope_of(*name), name->machine);
}

Result<Value> States::list_activities(const Call& call) {
  const PageAsked page = TRY(page_asked(call));
  const auto& all = activities_.all({call.account, call.region});
  std::vector<Value> list;
  std::string next;
  for (auto it = all.lower_bound(page.from); it != all.end(); ++it) {
    if (list.size() == page.limit) {
      next = it->first;
      break;
    }
    list.push_back(json::object({{"activityArn", it->second.arn}, {"name", it->second.name}, {"creationDate", it->second.created.seconds()}}));
  }
  json::ObjectBuilder out;
  out.add("activities", Value::array(std::move(list)));
  add_next_token(out, call, next);
  return out.build();
}

Result<Value> States::delete_activity(const Call& call) {
  const Name name = TRY(parse_activity_arn(call.params.text("activityArn")));
  activities_.erase(scope_for(call, name), name.machine);
  return Value::object();
}

void States::get_activity_task(const Call& call, protocol::Reply reply) {
  const auto name = parse_activity_arn(call.params.text("activityArn"));
  if (!name) return reply(std::unexpected(name.error()));
  if (!activities_.find(scope_for(call, *name), name->machine)) return reply(no_such_activity(name->arn));
  ActivityQueue& queue = activity_queues_[name->arn];
  if (queue.pollers.size() >= kPollersMax) {
    return reply(fail("ActivityWorkerLimitExceeded", fmt::format("Activity Worker Limit Exceeded: '{}'", name->arn)));
  }
  const uint64_t id = ++poller_count_;
  const Loop::TimerId timeout = kit_.loop.after(kPollMs, [this, arn = name->arn, id] { end_poll(arn, id); });
  const auto gone = std::make_shared<bool>(false);
  if (const auto client = call.client.lock()) {
    client->when_gone([this, arn = name->arn, id, gone] {
      *gone = true;
      end_poll(arn, id);
    });
  }
  queue.pollers.push_back({id, std::string(call.params.text("workerName")), std::move(reply), timeout, gone});
  hand_over(name->arn);
}

void States::end_poll(const std::string& activity_arn, uint64_t poller) {
  const auto queue = activity_queues_.find(activity_arn);
  if (queue == activity_queues_.end()) return;
  auto& pollers = queue->second.pollers;
  const auto it = std::ranges::find(pollers, poller, &Poller::id);
  if (it == pollers.end()) return;
  protocol::Reply waiting = std::move(it->reply);
  kit_.loop.cancel(it->timeout);
  pollers.erase(it);
  hand_over(activity_arn);
  waiting(json::Value::object());
}

void States::ActivityQueue::add(int64_t place, ActivityWork one) {
  places[place_of(one.execution, one.task)] = place;
  work.emplace(place, std::move(one));
}

States::ActivityWork States::ActivityQueue::take(std::map<int64_t, ActivityWork>::iterator it) {
  auto node = work.extract(it);
  places.erase(place_of(node.mapped().execution, node.mapped().task));
  return std::move(node.mapped());
}

void States::offer_activity_work(const std::string& activity_arn, ActivityWork work) {
  ActivityQueue& queue = activity_queues_[activity_arn];
  queue.add(queue.work.empty() ? 0 : queue.work.rbegin()->first + 1, std::move(work));
  hand_over(activity_arn);
}

void States::withdraw_activity_work(const std::string& activity_arn, const std::string& execution, uint64_t task) {
  const auto queue = activity_queues_.find(activity_arn);
  if (queue == activity_queues_.end()) return;
  const auto place = queue->second.places.find(place_of(execution, task));
  if (place == queue->second.places.end()) return;
  queue->second.take(queue->second.work.find(place->second));
  hand_over(activity_arn);
}

void States::hand_over(const std::string& activity_arn) {
  while (true) {
    const auto it = activity_queues_.find(activity_arn);
    if (it == activity_queues_.end()) return;
    ActivityQueue& queue = it->second;
    // Names come from outside: what nobody waits at is forgotten.
    if (queue.work.empty() && queue.pollers.empty()) return void(activity_queues_.erase(it));
    if (queue.work.empty() || queue.pollers.empty()) return;
    ActivityWork work = queue.take(queue.work.begin());
    // Its execution may have ended while it waited for somebody.
    if (!engine_.awaits(work.execution, work.task)) continue;
    Poller poller = std::move(queue.pollers.front());
    queue.pollers.pop_front();
    kit_.loop.cancel(poller.timeout);
    engine_.deliver(work.execution, asl::TaskStarted{work.task, std::move(poller.worker)});
    poller.reply(json::object({{"taskToken", work.token}, {"input", work.input}}));
    // The worker hears of it once that is durable. Until it has, a crash may lose the answer: the task is offered
    // again after a restart. From then on it is the worker's. A worker that went before that has not heard of it.
    kit_.store.when_durable(kit_.store.head(), [this, activity_arn, gone = poller.gone, work = std::move(work)]() mutable {
      if (*gone) {
        ActivityQueue& again = activity_queues_[activity_arn];
        again.add(again.work.empty() ? 0 : again.work.begin()->first - 1, std::move(work));
        return hand_over(activity_arn);
      }
      engine_.deliver(work.execution, asl::TaskHandedOver{work.task});
    });
  }
}

}  // namespace states
