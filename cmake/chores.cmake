# Targets that are not files: bench, bench-ops, lint.
if(TARGET linkboy_tool)
  add_custom_target(bench
    COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/scripts/bench.sh $<TARGET_FILE:linkboy_tool>
    DEPENDS linkboy_tool USES_TERMINAL VERBATIM)
endif()
if(TARGET linkboy_tool)
  add_custom_target(bench-ops
    COMMAND python3 ${CMAKE_CURRENT_SOURCE_DIR}/scripts/bench_ops.py ${CMAKE_BINARY_DIR}
    DEPENDS linkboy_tool USES_TERMINAL VERBATIM)
endif()
add_custom_target(lint
  COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/scripts/lint.sh
  WORKING_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR} USES_TERMINAL VERBATIM)
