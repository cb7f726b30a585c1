# cmake -DOUT=FILE.c -DIN=FILE.py;... -P embed_library.cmake: the texts of the language's own library as a C array of strings.
# What one string holds is kept short: compilers need not take long ones.
set(text "/* Made by cmake/embed_library.cmake from src/lang/library/. */\n#include \"lang/library.h\"\nconst struct library_text library_texts[] = {\n")
foreach(path IN LISTS IN)
  get_filename_component(name ${path} NAME)
  file(READ ${path} source)
  string(REPLACE "\\" "\\\\" source "${source}")
  string(REPLACE "\"" "\\\"" source "${source}")
  string(REPLACE "\n" "\\n\"\n     \"" source "${source}")
  string(APPEND text "    {\"${name}\",\n     \"${source}\"},\n")
endforeach()
string(APPEND text "};\nconst int library_text_count = sizeof library_texts / sizeof *library_texts;\n")
file(WRITE ${OUT} "${text}")
