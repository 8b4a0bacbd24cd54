#pragma once
// Snapshots of a running server's tables, for `gantry backup` (docs/api.md): POST backup makes one, DELETE backup/ID takes
// it away again.
//
// A snapshot lies inside the data directory and shares its files with the tables, so it costs next to nothing. No path
// comes from the caller and nothing of what is stored goes over the wire: who may read the data directory copies it.
#include <memory>
#include <string>
#include <string_view>

#include "base/loop.h"
#include "base/random.h"
#include "engine/store/store.h"
#include "language/json/value.h"

namespace app {

class Snapshots {
 public:
  // `data_dir` is an absolute path, empty when nothing is kept. What an earlier process left is taken away.
  Snapshots(Loop& loop, store::Store& store, Random& random, std::string data_dir);
  ~Snapshots() { *alive_ = false; }

  // Answers with {id, folder, dataDir, position}.
  void make(Function<void(Result<json::Value>)> done);
  void remove(std::string_view id, Function<void(Result<json::Value>)> done);

 private:
  Loop& loop_;
  store::Store& store_;
  Random& random_;
  std::string data_dir_, folder_;
  int count_ = 0;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace app
