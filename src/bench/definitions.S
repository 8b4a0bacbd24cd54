// The definitions of bench/workloads, as bytes in the binary: definitions.cpp reads the table.

.macro definition name
  .section .rodata.bench, "a", @progbits
10:
  .asciz "\name"
11:
  .incbin "\name\().json"
12:
  .section .data.rel.ro.bench, "aw", @progbits
  .quad 10b, 11b, 12b
.endm

  .section .data.rel.ro.bench, "aw", @progbits
  .balign 8
  .globl gantry_bench_begin
gantry_bench_begin:

definition pass
definition chain100
definition loop1000
definition map1000
definition parallel10x10
definition jsonata1000
definition expressions

  .section .data.rel.ro.bench, "aw", @progbits
  .globl gantry_bench_end
gantry_bench_end:

  .section .note.GNU-stack, "", @progbits
