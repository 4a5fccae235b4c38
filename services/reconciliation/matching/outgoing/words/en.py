"""English."""

from services.reconciliation.matching.outgoing.words.form import Words

WORDS = Words(
    date="%Y-%m-%d",
    moment="%Y-%m-%d %H:%M",
    mark=".",
    subject="Request for an adjusted report: {month}",
    greeting="Dear partner,",
    opening="We have compared your report for {month} with our call records. Please correct the points below and send "
    "us the whole report again by {due}.",
    only="Please change nothing else: the adjusted report is compared with the one before, line by line.",
    times="All times are local time ({zone}).",
    lines="Lines concerned: {count}.",
    period="Period: {first} to {last}.",
    evidence="Lines that show this: {count}; lines that contradict it: {against}.",
    foretold="The rule was found on a part of the days ({days}); on all other days it then foretold the lines "
    "correctly ({hits} of {of}).",
    more="In sales, your report counts {amount} more than we do for these lines.",
    less="In sales, your report counts {amount} less than we do for these lines.",
    no_money="This changes nothing in the sales counted.",
    examples="Examples:",
    line="line",
    reported="reported",
    expected="expected",
    remove="remove",
    add="add",
    change="change",
    action="to do",
    empty="(empty)",
    attached="The file attached holds every line concerned in the layout of your report: with its line number, the "
    "expected value beside the reported one, lines to add in full, and a mark on lines to remove.",
    farewell="Kind regards",
    where={"agent": "agent", "campaign": "campaign", "hour": "hour of the day", "sku": "product"},
    causes={
        "shifted": "The times in these lines differ from our records by {minutes} minutes. Please report them in the "
        "local time of {zone}.",
        "other_zone": "The times in these lines follow the clock of {other}. Please report them in the local time of "
        "{zone}.",
        "clock_change": "After the clock change the times in these lines are off by {minutes} minutes. Please carry "
        "the clock change out and report the local time of {zone}.",
        "wrong_time": "The time in these lines is not the one at which the call began according to our records. "
        "Please correct it.",
        "rounded_up": "The durations in these lines are rounded up to multiples of {step} seconds. Please report the "
        "actual duration.",
        "rounded_nearest": "The durations in these lines are rounded to the nearest multiple of {step} seconds. Please "
        "report the actual duration.",
        "rounded_down": "The durations in these lines are rounded down to multiples of {step} seconds. Please report "
        "the actual duration.",
        "wrong_duration": "The duration in these lines is not that of the call in our records. Please correct it.",
        "renumbered": "From {day} on, agent codes in the report stand for other agents than before. Please use the "
        "codes that we have agreed.",
        "wrong_agent": "The agent code in these lines is not that of the agent who took the call. Please correct it.",
        "scientific": "The telephone numbers in these lines were turned into scientific notation, so that digits are "
        "lost. Please send them in full, as text.",
        "masked": "Digits of the telephone numbers in these lines are masked. Please send the numbers in full.",
        "lost_zero": "The telephone numbers in these lines have lost their leading zero. Please send them in full, as "
        "text.",
        "wrong_number": "The telephone number in these lines is not that of the call with this reference. Please "
        "correct it.",
        "factor": "The amounts in these lines are those of our orders times {factor}; the decimal mark has probably "
        "slipped. Please correct them.",
        "other_currency": "The amounts in these lines are those of our orders times {factor}: they are in another "
        "currency. Please report them in {currency}.",
        "wrong_amount": "The amount in these lines is not that of the order. Please correct it.",
        "wrong_outcome": "The outcome in these lines is not the one in our records. Please correct it.",
        "cancelled_early": "These lines count sales whose order was cancelled in time. Please report them as "
        "cancelled.",
        "cancelled_late": "These lines count sales whose order was cancelled later on. Please report them as "
        "cancelled.",
        "not_cancelled": "These lines report sales as cancelled, while the order stands in our records. Please report "
        "them as sales.",
        "no_order": "These lines report sales for which there is no order. Please report the actual outcome, without "
        "an amount.",
        "not_reported": "An order was placed in these calls, but the lines report no sale. Please report the sale with "
        "its amount.",
        "twice": "These lines tell of calls that another line already reports. Please remove them.",
        "block": "These lines are a block that was pasted in a second time. Please remove them.",
        "never_happened": "Our records, which have no gap there, know no call for these lines. Please remove them.",
        "left_out": "The report leaves out calls that are in our records. Please add them.",
        "left_out_where": "The report leaves out calls that are in our records; they have in common: {what} {value}. "
        "Please add them.",
        "day_left_out": "The report has not a single line for {day}, while our records have calls. Please add them.",
        "other_month": "The report cuts the month at other times than the contract. The month runs from {first} until "
        "before {end}. Please remove the lines outside it and add the calls within it.",
        "outside_month": "These lines are not of the contract's month, which runs from {first} until before {end}. "
        "Please remove them.",
    },
)
