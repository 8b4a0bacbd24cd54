// XML bodies and answers: read or refused, never more.
#include "protocol/codec/xml_read.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto root = codec::parse_xml({reinterpret_cast<const char*>(data), size});
  if (!root) return 0;
  (void)codec::read_xml_members(*model::find("s3")->find("PutBucketTagging")->input->payload->shape,
                                *root);
  (void)codec::read_xml_members(*model::find("ec2")->find("DescribeVpcs")->output, *root);
  return 0;
}
