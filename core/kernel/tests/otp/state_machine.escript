#!/usr/bin/env escript
%% Plays random programs on OTP's gen_statem and prints what they saw, one JSON object a line:
%%     escript core/kernel/tests/otp/state_machine.escript [PROGRAMS] [SEED] > core/kernel/tests/otp/state_machine.jsonl
%%
%% A program is a list of answers: its callback number n returns answer n, whatever it is called for. In enter calls an
%% answer's change of the state, inserted events and postponing are left out, because OTP refuses them there; after the last
%% answer callbacks keep the state. All casts are in the mailbox before the first event.
%% core/kernel/tests/state_machines.rs plays the same programs on our machine and compares.
-mode(compile).
-export([callback_mode/0, init/1, handle_event/4]).

-define(LONG, 1000000).

main(Args) ->
    [Programs, Seed] = case Args of
        [P, S] -> [list_to_integer(P), list_to_integer(S)];
        [P] -> [list_to_integer(P), 1];
        [] -> [120, 1]
    end,
    rand:seed(exsss, Seed),
    [io:put_chars([play(program()), "\n"]) || _ <- lists:seq(1, Programs)],
    ok.

%% Random programs.

program() ->
    #{enter => chance(0.6),
      casts => rand:uniform(8),
      initial => timeouts(0.3),
      answers => [answer() || _ <- lists:seq(1, 10 + rand:uniform(30))]}.

answer() ->
    #{verb => pick([keep, keep, keep, next, next, repeat]),
      state => rand:uniform(3) - 1,
      postpone => pick([none, none, none, true, true, false]),
      inserted => pick([0, 0, 0, 0, 1, 2]),
      timeouts => timeouts(0.4)}.

timeouts(Chance) ->
    case chance(Chance) of
        false -> [];
        true -> [{pick([state, event, x, y]), pick([zero, zero, long, long, cancel, update])} || _ <- lists:seq(1, rand:uniform(4))]
    end.

chance(Chance) -> rand:uniform() < Chance.
pick(List) -> lists:nth(rand:uniform(length(List)), List).

%% The machine.

play(#{answers := Answers, casts := Casts, initial := Initial, enter := Enter} = Program) ->
    {ok, Machine} = gen_statem:start(?MODULE, {Program, self()}, []),
    Seen = collect(Machine),
    {status, _, _, [_, _, _, _, Misc]} = sys:get_status(Machine),
    Data = lists:append([D || {data, D} <- Misc]),
    {_, {_, Running}} = lists:keyfind("Time-outs", 1, Data),
    {_, Postponed} = lists:keyfind("Postponed", 1, Data),
    exit(Machine, kill),
    Left = lists:sort([[type(Type), " ", Content] || {Type, Content} <- Running]),
    ["{\"enter\":", atom_to_list(Enter), ",\"casts\":", integer_to_list(Casts),
     ",\"initial\":", list([timeout(T) || T <- Initial]),
     ",\"answers\":", list([answer(A) || A <- Answers]),
     ",\"seen\":", list([text(S) || S <- Seen]),
     ",\"postponed\":", list([text(content(E)) || E <- Postponed]),
     ",\"running\":", list([text(L) || L <- Left]), "}"].

content({_, Content}) -> Content.

%% The casts are handled in the order of their arrival, so what says that all is handled is sent behind them.
collect(Machine) ->
    Machine ! {quiet, self()},
    receive quiet -> ok end,
    collected().

collected() ->
    receive {saw, Line} -> [Line | collected()] after 0 -> [] end.

callback_mode() ->
    case get(enter) of
        true -> [handle_event_function, state_enter];
        false -> handle_event_function
    end.

init({#{enter := Enter, casts := Casts, initial := Initial, answers := Answers}, Watcher}) ->
    put(enter, Enter), put(watcher, Watcher), put(callback, 0),
    [gen_statem:cast(self(), ["c", integer_to_list(N)]) || N <- lists:seq(1, Casts)],
    {ok, 0, Answers, [action(T, "0", N) || {T, N} <- numbered(Initial)]}.

handle_event(info, {quiet, Watcher}, _, _) ->
    %% Behind all casts, and after what they caused. As any event it cancels the event time-out.
    Watcher ! quiet,
    keep_state_and_data;
handle_event(Type, Content, State, Answers) ->
    put(callback, get(callback) + 1),
    Shown = case Type of enter -> integer_to_list(Content); _ -> Content end,
    get(watcher) ! {saw, [integer_to_list(State), " ", type(Type), " ", Shown]},
    case Answers of
        [] -> keep_state_and_data;
        [Answer | Rest] -> result(Type =:= enter, Answer, Rest)
    end.

result(true, #{verb := Verb, postpone := Postpone, timeouts := Timeouts}, Rest) ->
    Actions = [{postpone, false} || Postpone =:= false] ++ set(Timeouts),
    case Verb of repeat -> {repeat_state, Rest, Actions}; _ -> {keep_state, Rest, Actions} end;
result(false, #{verb := Verb, state := Next, postpone := Postpone, inserted := Inserted, timeouts := Timeouts}, Rest) ->
    Events = [{next_event, internal, ["n", integer_to_list(get(callback)), ".", integer_to_list(N)]} || N <- lists:seq(1, Inserted)],
    Actions = [{postpone, Postpone} || Postpone =/= none] ++ Events ++ set(Timeouts),
    case Verb of
        keep -> {keep_state, Rest, Actions};
        repeat -> {repeat_state, Rest, Actions};
        next -> {next_state, Next, Rest, Actions}
    end.

set(Timeouts) ->
    [action(T, integer_to_list(get(callback)), N) || {T, N} <- numbered(Timeouts)].

numbered(List) -> lists:zip(List, lists:seq(1, length(List))).

action({Name, Change}, Callback, N) ->
    Type = case Name of state -> state_timeout; event -> timeout; _ -> {timeout, Name} end,
    Content = ["t", Callback, ".", integer_to_list(N)],
    case Change of
        zero -> {Type, 0, Content};
        long -> {Type, ?LONG, Content};
        update -> {Type, update, Content};
        cancel -> {Type, cancel}
    end.

%% Texts.

type({timeout, Name}) -> ["timeout:", atom_to_list(Name)];
type(Type) -> atom_to_list(Type).

answer(#{verb := Verb, state := State, postpone := Postpone, inserted := Inserted, timeouts := Timeouts}) ->
    list([text(atom_to_list(Verb)), integer_to_list(State), text(atom_to_list(Postpone)), integer_to_list(Inserted),
          list([timeout(T) || T <- Timeouts])]).

timeout({Name, Change}) -> list([text(atom_to_list(Name)), text(atom_to_list(Change))]).
text(Text) -> ["\"", Text, "\""].
list(Items) -> ["[", lists:join(",", Items), "]"].
