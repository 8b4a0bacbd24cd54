// A policy's text is a client's: whatever it is, it is refused or read, and what was read can be
// asked.
#include <cstdint>
#include <string_view>

#include "language/json/parse.h"
#include "protocol/policy/evaluate.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const policy::Kind kind : {policy::Kind::managed, policy::Kind::identity,
                                  policy::Kind::trust, policy::Kind::resource}) {
    const auto document = policy::parse(text, kind);
    if (!document) continue;
    policy::context_keys(**document);
    const bool of_resource = kind == policy::Kind::trust || kind == policy::Kind::resource;
    const policy::Policy one{
        .type = of_resource ? policy::PolicyType::resource : policy::PolicyType::identity,
        .id = "fuzz",
        .document = *document};
    const policy::Request request{.who = {.type = policy::Who::Type::user,
                                          .account = "000000000000",
                                          .arn = "arn:aws:iam::000000000000:user/u"},
                                  .action = "sns:Publish",
                                  .resource = "arn:aws:sns:us-east-1:000000000000:t",
                                  .context = [] {
                                    policy::Context facts;
                                    facts.set("aws:username", "u*");
                                    facts.set("aws:SourceIp", "10.0.0.1");
                                    return facts;
                                  }};
    const policy::Decision decision = policy::evaluate(request, {&one, 1});
    policy::denial_text(request, decision);
  }
  return 0;
}
