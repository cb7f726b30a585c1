# What the build leaves: the library twice (static, shared), the tool, examples, tests, and what `install` copies.
# The rooms of src/ are compiled once, in linkboy_objects; kernels bring objects of their own, once per instruction set
# (LINKBOY_KERNEL_OBJECTS: object library targets or generator expressions).

set(LINKBOY_OBJECTS $<TARGET_OBJECTS:linkboy_objects>)
foreach(item IN LISTS LINKBOY_KERNEL_OBJECTS)
  if(TARGET ${item})
    list(APPEND LINKBOY_OBJECTS $<TARGET_OBJECTS:${item}>)
  else()
    list(APPEND LINKBOY_OBJECTS ${item})
  endif()
endforeach()

add_library(linkboy_static STATIC ${LINKBOY_OBJECTS})
add_library(linkboy_shared SHARED ${LINKBOY_OBJECTS})
foreach(target linkboy_static linkboy_shared)
  set_target_properties(${target} PROPERTIES OUTPUT_NAME linkboy LINKER_LANGUAGE C)
  target_include_directories(${target} PUBLIC
    $<BUILD_INTERFACE:${CMAKE_CURRENT_SOURCE_DIR}/include> $<INSTALL_INTERFACE:include>)
endforeach()
target_link_libraries(linkboy_static PUBLIC ZLIB::ZLIB Threads::Threads m ${CMAKE_DL_LIBS})
target_link_libraries(linkboy_shared PRIVATE ZLIB::ZLIB Threads::Threads m ${CMAKE_DL_LIBS})

# The ABI: what starts with lb_ and was declared for export; see tests/abi_symbols.txt.
set(LINKBOY_MAP ${CMAKE_CURRENT_SOURCE_DIR}/cmake/linkboy.map)
set_target_properties(linkboy_shared PROPERTIES
  VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR} LINK_DEPENDS ${LINKBOY_MAP})
if(UNIX AND NOT APPLE)
  target_link_options(linkboy_shared PRIVATE -Wl,--version-script=${LINKBOY_MAP} -Wl,--gc-sections)
endif()

# Other people's projects, and the subdirectory case, see these two names.
add_library(linkboy::linkboy ALIAS linkboy_shared)
add_library(linkboy::static ALIAS linkboy_static)

# The tool knows the public header alone: no include path of src/ but its own room.
file(GLOB LINKBOY_TOOL_SOURCES CONFIGURE_DEPENDS src/tool/*.c)
file(GLOB LINKBOY_API_SOURCES src/api/*.c)
if(LINKBOY_API_SOURCES)
  add_executable(linkboy_tool ${LINKBOY_TOOL_SOURCES})
  set_target_properties(linkboy_tool PROPERTIES OUTPUT_NAME linkboy)
  target_include_directories(linkboy_tool PRIVATE src/tool)
  target_link_libraries(linkboy_tool PRIVATE linkboy_warnings linkboy_static m)
endif()

include(cmake/python.cmake)

if(LINKBOY_STRIP)
  add_custom_command(TARGET linkboy_shared POST_BUILD
    COMMAND ${CMAKE_STRIP} --strip-unneeded -o ${CMAKE_BINARY_DIR}/liblinkboy.stripped.so $<TARGET_FILE:linkboy_shared>
    COMMAND sh -c "echo \"stripped library: $(wc -c < ${CMAKE_BINARY_DIR}/liblinkboy.stripped.so) bytes\""
    VERBATIM)
endif()

if(LINKBOY_TESTS)
  enable_testing()
  include(cmake/tests.cmake)
endif()
include(cmake/install.cmake)
include(cmake/chores.cmake)
