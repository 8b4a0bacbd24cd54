// The service models (models/*.json), as bytes in the binary: model.cpp reads the table.
// A new service is a file in models/ and a line here.

.macro service name
  .section .rodata.models, "a", @progbits
10:
  .incbin "\name\().json"
11:
  .section .data.rel.ro.models, "aw", @progbits
  .quad 10b, 11b
.endm

  .section .data.rel.ro.models, "aw", @progbits
  .balign 8
  .globl gantry_models_begin
gantry_models_begin:

service cloudformation
service dynamodb
service ec2
service ecr
service ecs
service events
service iam
service kms
service lambda
service logs
service monitoring
service s3
service scheduler
service secretsmanager
service sns
service sqs
service ssm
service states
service sts

  .section .data.rel.ro.models, "aw", @progbits
  .globl gantry_models_end
gantry_models_end:

  .section .note.GNU-stack, "", @progbits
