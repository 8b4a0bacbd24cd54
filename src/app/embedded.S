// The console's files and the sample projects, as bytes in the binary: console.cpp and samples.cpp read them.
// A new sample is a folder of samples/, an entry of its catalogue.json and a line here.

.macro sample id
  .section .rodata.samples, "a", @progbits
10:
  .ascii "\id"
11:
  .incbin "samples/\id/template.json"
12:
  .section .data.rel.ro.samples, "aw", @progbits
  .quad 10b, 11b, 11b, 12b
.endm

  .section .rodata.samples, "a", @progbits
  .globl gantry_catalogue_begin, gantry_catalogue_end
gantry_catalogue_begin:
  .incbin "samples/catalogue.json"
gantry_catalogue_end:

  .section .data.rel.ro.samples, "aw", @progbits
  .balign 8
  .globl gantry_samples_begin, gantry_samples_end
gantry_samples_begin:

sample manage-a-container-task
sample ask-and-wait
sample poll-until-done
sample price-and-sort
sample fan-out
sample undo-what-was-done
sample watch-on-a-schedule
sample check-sensors

  .section .data.rel.ro.samples, "aw", @progbits
gantry_samples_end:

  .section .rodata.console, "a", @progbits
  .globl gantry_console_begin, gantry_console_end
gantry_console_begin:
  .incbin "build/web/console.pack"
gantry_console_end:
  .section .note.GNU-stack, "", @progbits
