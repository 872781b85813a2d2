UPDATE source_state SET
    state = :state,
    last_attempt = :at,
    last_success = iif(:failed, last_success, :at),
    last_error = coalesce(:error, last_error),
    http_status = :http_status,
    consecutive_failures = :failures,
    next_poll = :next_poll,
    timed_out = :timed_out,
    interval_seconds = :interval,
    problem_code = iif(:keep_problem, problem_code, :problem_code),
    problem_since = iif(:keep_problem, problem_since, :problem_since),
    problem_text = iif(:keep_problem, problem_text, :problem_text),
    problem_action = iif(:keep_problem, problem_action, :problem_action),
    good_polls = :good_polls,
    repair = iif(:keep_repair, repair, :repair)
WHERE source = :source
