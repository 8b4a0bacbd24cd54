#pragma once
// What a task's folder holds (DATA_DIR/tasks/<id>/), for the server and for the supervisor:
//
//   events.jsonl     what happened, one JSON object a line, appended by one process at a time
//   acknowledged     the sequence number up to which events are stored elsewhere
//   shim.pid         the supervisor, once it runs
//   <container>/     what each container writes: the upper layer of its root
//   volumes/         the task's scratch volumes
//
// The task itself goes to the supervisor as JSON, with its images.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "containers/images.h"
#include "containers/runtime.h"

namespace containers::oci {

// In memory, for all tasks of the machine: the sockets on which supervisors listen. Over it each supervisor has, in
// its own view of the file systems, the small files that nothing outlives.
constexpr const char* kSmall = "/run/gantry-containers";
// Where a task's supervisor takes "stop".
std::string control_path(const std::string& task);

struct Prepared {
  TaskSpec spec;
  std::vector<Image> images;  // of each container, in their order
  std::string server_socket;  // where the supervisor says that there is something new
};

json::Value to_json(const Prepared& task);
std::optional<Prepared> prepared_from_json(const json::Value& document);

json::Value to_json(const Event& event);
std::optional<Event> event_from_json(const json::Value& document);

// Appends events to a task's file, numbering them.
class EventWriter {
 public:
  EventWriter(const std::string& folder, const std::string& task);
  ~EventWriter();
  EventWriter(const EventWriter&) = delete;
  EventWriter& operator=(const EventWriter&) = delete;

  void write(Event event);  // sets task, sequence and time
  bool ok() const { return fd_ >= 0; }

 private:
  int fd_ = -1;
  std::string task_;
  uint64_t sequence_ = 0;
};

// The whole lines from `offset` on; moves it past them.
std::vector<Event> read_events(const std::string& folder, uint64_t& offset);
uint64_t read_number(const std::string& path);
void write_number(const std::string& path, uint64_t number);
// The same, where there is none yet: false otherwise, and where the folder is gone.
bool write_number_once(const std::string& path, uint64_t number);

}  // namespace containers::oci
