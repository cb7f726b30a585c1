# The functions that Python's constructs are lowered to (src/lang/library/*.py) become a C file of the build.
file(GLOB LINKBOY_LIBRARY CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/src/lang/library/*.py)
set(library_c ${CMAKE_CURRENT_BINARY_DIR}/library_text.c)
add_custom_command(OUTPUT ${library_c}
  COMMAND ${CMAKE_COMMAND} "-DOUT=${library_c}" "-DIN=${LINKBOY_LIBRARY}" -P ${CMAKE_CURRENT_SOURCE_DIR}/cmake/embed_library.cmake
  DEPENDS ${LINKBOY_LIBRARY} ${CMAKE_CURRENT_SOURCE_DIR}/cmake/embed_library.cmake
  COMMENT "Embedding src/lang/library" VERBATIM)
target_sources(linkboy_objects PRIVATE ${library_c})
