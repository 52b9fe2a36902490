%% The driver of Erlang/OTP: reads a command a line, writes what it gives. tests/oracle/README.md has the protocol.
-module(oracle_driver).
-export([main/0]).

main() ->
    logger:set_primary_config(level, none),
    ok = io:setopts(user, [binary, {encoding, latin1}]),
    oracle_world:start(),
    oracle_world:lead(),
    loop(#{}).

%% `Begun` has the commands that were begun and not yet finished, by the puppet that is at it.
loop(Begun) ->
    case io:get_line(user, "") of
        Line when is_binary(Line) ->
            {Answer, Next} = answer(Line, Begun),
            io:put_chars(user, [oracle_json:encode(Answer), $\n]),
            loop(Next);
        _ -> halt(0)
    end.

answer(Line, Begun) ->
    try command(oracle_json:decode(Line), Begun)
    catch Class:Reason:Stack -> {#{fault => oracle_terms:text({Class, Reason, Stack})}, Begun}
    end.

command([<<"begin">>, [Verb, Name | Arguments]], Begun) ->
    Sent = oracle_puppet:send(oracle_world:pid(Name), [Name, Verb | Arguments]),
    {ok, Begun#{Name => Sent}};
command([<<"finish">>, Name], Begun) ->
    {Sent, Left} = maps:take(Name, Begun),
    {oracle_puppet:finish(Sent), Left};
command([<<"world">>], _) -> {oracle_world:renew(), #{}};
command(Command, Begun) -> {run(Command), Begun}.

run([<<"hello">>]) -> #{driver => erlang, version => list_to_binary(erlang:system_info(otp_release))};
run([<<"spawn">>, Name | First]) -> oracle_puppet:spawn(Name, First);
run([<<"start">>, Kind, Name, Specification]) -> oracle_behaviours:start(Kind, Name, Specification);
run([<<"stop">>, Name, Reason]) -> oracle_behaviours:stop(Name, Reason);
run([<<"ended">>, Name]) -> oracle_world:ended(Name, 1);
run([<<"ended">>, Name, Count]) -> oracle_world:ended(Name, Count);
run([<<"log">>, Lane, Count]) -> oracle_world:log(Lane, Count);
run([<<"first">>, Lane, Count]) -> lists:sublist(oracle_world:log(Lane, Count), Count);
run([<<"history">>]) -> oracle_world:history();
run([Verb, Name | Arguments]) ->
    case oracle_behaviours:is_operation(Verb) of
        true -> oracle_behaviours:operate(Verb, Name, Arguments);
        false -> oracle_puppet:ask(oracle_world:pid(Name), Name, [Verb | Arguments])
    end.
