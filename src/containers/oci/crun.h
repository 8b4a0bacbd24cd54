#pragma once
// The program that makes containers: crun, or runc where crun is missing; and how it is begun at little cost.
//
// crun runs a copy of itself that no container can write to, and makes one at each start unless it is one already: it gets
// one, a sealed file in memory. It is linked with libsystemd, which brings five libraries more and of which nothing is used
// here (its groups are directories). A quarter of its time went into loading these, so an empty one that has the same names is
// loaded in its place, where this crun is content with that.
#include <sys/types.h>

#include <string>
#include <string_view>
#include <vector>

namespace containers::oci {

class Crun {
 public:
  // Looks for the program and makes what all starts share: once, early.
  static Crun prepare();

  bool is_crun() const { return crun_; }
  std::string_view name() const { return crun_ ? "crun" : "runc"; }
  // Changes when the program does.
  const std::string& version() const { return version_; }

  struct Call {
    std::vector<std::string> arguments;
    std::string notes;  // folder of what it notes about containers
    std::string log;    // what is wrong, in its words
    int out = -1, err = -1;
  };
  // Starts it: 0, or what is wrong.
  int start(const Call& call, pid_t& process) const;

 private:
  bool crun_ = false;
  std::string version_;
  int program_ = -1;     // sealed; -1: the one on the path is run
  int no_systemd_ = -1;  // -1: it is not content with that
};

}  // namespace containers::oci
