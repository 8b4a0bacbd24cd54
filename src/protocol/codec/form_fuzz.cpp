// Query requests: whatever the form, reading it must neither crash nor run away.
#include "protocol/codec/form.h"

#include "base/check.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  codec::Form form;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const bool whole = form.add(text).has_value();
  form.sort();
  for (const auto& [service, operation] :
       {std::pair("sns", "Publish"), std::pair("cloudformation", "CreateStack"),
        std::pair("monitoring", "PutMetricData")}) {
    const auto params = codec::read_form(*model::find(service)->find(operation)->input, form,
                                         codec::FormStyle::query);
    CHECK(!params || params->is_object(), "params are an object");
  }
  (void)codec::read_form(*model::find("ec2")->find("CreateSecurityGroup")->input, form,
                         codec::FormStyle::ec2);
  if (whole) {
    for (const codec::Form::Pair& pair : form.pairs())
      CHECK(form.find(pair.name).has_value(), "what was added is found");
  }
  return 0;
}
