#pragma once
// Request quotas as AWS has them: a token bucket for each operation of Step Functions, account and region.
//
// A bucket holds so many requests at once and fills at so many a second; whoever finds it empty gets
// ThrottlingException, which every SDK tries again. Operations that AWS tells no quota of are not counted.
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"

namespace protocol {

struct Quota {
  double bucket = 0;    // requests at once
  double a_second = 0;  // refill
};

class Throttle {
 public:
  // The quota of an operation in a region; nothing counted when there is none.
  static const Quota* quota(std::string_view service, std::string_view operation, std::string_view region);

  Status admit(std::string_view service, std::string_view operation, std::string_view account, std::string_view region, Instant now);

 private:
  struct Bucket {
    double tokens = 0;
    Instant filled;
  };
  std::map<std::string, Bucket, std::less<>> buckets_;
};

}  // namespace protocol
