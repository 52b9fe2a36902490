%% The commands of a puppet that leave nothing behind in it. They run in the puppet's process.
-module(oracle_acts).
-export([act/1]).

-define(PING_MS, 2000).

act([<<"link">>, Name]) -> link(oracle_world:pid(Name)), ok;
act([<<"unlink">>, Name]) -> unlink(oracle_world:pid(Name)), ok;
act([<<"links">>]) -> {links, Pids} = process_info(self(), links), oracle_world:names_of(Pids);
act([<<"trap">>, On]) -> process_flag(trap_exit, On), ok;
act([<<"exit">>, Reason]) -> exit(oracle_terms:to_reason(Reason));
act([<<"crash">>, Text]) -> error(Text);
act([<<"send_exit">>, Name, Reason]) ->
    Pid = oracle_world:pid(Name),
    is_pid(Pid) andalso exit(Pid, oracle_terms:to_reason(Reason)),
    ok;
act([<<"spawn_link">>, Name | First]) -> oracle_world:entered(spawn_link(oracle_puppet:born(Name, First)));
act([<<"start_link">>, Kind, Name, Specification]) -> oracle_behaviours:start_link(Kind, Name, Specification);
act([<<"send">>, Name, Tag]) -> oracle_world:pid(Name) ! {message, Tag}, ok;
act([<<"flood">>, Name, Count, Tag]) ->
    Pid = oracle_world:pid(Name),
    [Pid ! {message, Tag} || _ <- lists:seq(1, Count)],
    ok;
act([<<"ping">>, Name]) -> ping(oracle_world:pid(Name));
act([<<"register">>, Name]) -> registered(Name, self());
act([<<"register">>, Name, Of]) -> registered(Name, oracle_world:pid(Of));
act([<<"unregister">>, Name]) -> try unregister(local(Name)) of true -> ok catch error:badarg -> unknown_name end;
act([<<"whereis">>, Name]) ->
    case whereis(local(Name)) of
        undefined -> null;
        Pid -> oracle_world:name_of(Pid)
    end;
act([<<"send_name">>, Name, Tag]) ->
    try local(Name) ! {message, Tag} of _ -> ok catch error:badarg -> unknown_name end;
act([<<"race">>, Name, Count]) -> race(local(Name), Count);
act([<<"join">>, Group]) -> pg:join(oracle, Group, self());
act([<<"join">>, Group, Name]) -> pg:join(oracle, Group, oracle_world:pid(Name));
act([<<"leave">>, Group]) -> pg:leave(oracle, Group, self());
act([<<"members">>, Group]) -> oracle_world:names_of(pg:get_members(oracle, Group));
act([<<"groups">>]) -> lists:sort(pg:which_groups(oracle));
act([<<"publish">>, Group, Tag]) -> [Pid ! {message, Tag} || Pid <- pg:get_members(oracle, Group)], ok;
act(Command) -> oracle_behaviours:act(Command).

registered(Name, Pid) ->
    try register(local(Name), Pid) of true -> ok
    catch error:badarg -> refused(whereis(local(Name)), process_info(Pid, registered_name))
    end.

refused(_, undefined) -> noproc;
refused(undefined, _) -> has_a_name;
refused(_, _) -> name_taken.

%% The names of a scenario do not meet those of the system.
local(Name) -> binary_to_atom(<<"name:", Name/binary>>).

%% So many processes want one name at once: how many of them get it. None ends before all have tried.
race(Name, Count) ->
    Self = self(),
    Runners = [spawn(fun() -> run_for(Name, Self) end) || _ <- lists:seq(1, Count)],
    [Runner ! go || Runner <- Runners],
    Got = [receive {Runner, Has} -> Has end || Runner <- Runners],
    [exit(Runner, kill) || Runner <- Runners],
    length([true || true <- Got]).

run_for(Name, Judge) ->
    receive go -> ok end,
    Judge ! {self(), try register(Name, self()) catch error:badarg -> false end},
    receive after infinity -> ok end.

%% A message there and one back: whatever this process sent before has arrived when the answer has.
ping(Pid) ->
    Monitor = monitor(process, Pid),
    Pid ! {'$ping', self(), Monitor},
    receive
        {Monitor, pong} -> demonitor(Monitor, [flush]), pong;
        {'DOWN', Monitor, _, _, Reason} -> [ended, oracle_terms:reason(Reason)]
    after ?PING_MS -> demonitor(Monitor, [flush]), <<"no answer">>
    end.
