"""What is read out of course files, in all the forms in which they are handed round."""

import pytest

from app.services.course.sql import CourseFile, read_course_sql
from app.settings import ROOT

DATA = ROOT / "tests" / "data"
NAV = "INSERT INTO axf_nav(img,name,trackid) VALUES"


def values_of(file: CourseFile, column: str = "name") -> list[str | None]:
    return [row.values[column] for row in file.rows]


def reasons_of(text: str) -> list[tuple[int, str]]:
    return [(refusal.line, refusal.reason) for refusal in read_course_sql(text).refusals]


@pytest.mark.parametrize(
    "statement",
    [
        "insert into axf_nav(img,name,trackid) values('i','抢','1');",
        'INSERT INTO axf_nav (img, name, trackid) VALUES ("i", "抢", "1");',
        "INSERT INTO `axf_nav` (`img`, `name`, `trackid`) VALUES ('i', '抢', 1);",
        'INSERT INTO "axf_nav" ("img","name","trackid") VALUES (\'i\',\'抢\',1);',
        "INSERT INTO `axf`.`axf_nav` (`trackid`,`name`,`img`) VALUES (1,'抢','i');",
        "INSERT INTO AXF_NAV (IMG,NAME,TRACKID) VALUES ('i','抢','1');",
        "INSERT IGNORE INTO axf_nav(img,name,trackid) VALUE ('i','抢','1');",
        "REPLACE INTO axf_nav(img,name,trackid) VALUES ('i','抢','1');",
        "INSERT INTO axf_nav VALUES ('i','抢','1');",
        "INSERT INTO axf_nav VALUES (17,'i','抢','1');",
        "INSERT INTO axf_nav (id,img,name,trackid,isDelete) VALUES (1,'i','抢','1',0);",
        "INSERT INTO axf_nav\n  (img, name, trackid) -- note; 'it\nVALUES\n  ('i', '抢', '1')\n;",
        f"{NAV}('i','抢','1') ON DUPLICATE KEY UPDATE name=VALUES(name);",
        f"{NAV}('i',_utf8mb4'抢',N'1');",
        f"/* {NAV} ('no','no','no'); */ # and; 'this\n{NAV}('i','抢','1');",
        f"SET NAMES utf8; USE `axf`; BEGIN; {NAV}('i','抢','1'); COMMIT;",
        f"DELIMITER ;;\nCREATE TRIGGER t BEGIN x; END ;;\nDELIMITER ;\n{NAV}('i','抢','1');",
        f"\ufeff{NAV}('i','抢','1');",
    ],
)
def test_one_row_is_read_from(statement: str) -> None:
    file = read_course_sql(statement)

    assert file.refusals == []
    wanted = {"img": "i", "name": "抢", "trackid": "1"}
    assert [{key: row.values[key] for key in wanted} for row in file.rows] == [wanted]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("'it''s'", "it's"),
        (r"'it\'s'", "it's"),
        ('"say ""hi"""', 'say "hi"'),
        (r'"say \"hi\""', 'say "hi"'),
        ("'a;b -- c # d /* e'", "a;b -- c # d /* e"),
        (r"'back\\'", "back\\"),
        (r"'two\nlines'", "two\nlines"),
        ("'(1),(2)'", "(1),(2)"),
        ("2.500000", "2.500000"),
        ("-3", "-3"),
        (".5", ".5"),
        ("NULL", None),
        ("TRUE", "1"),
        ("b'0'", "0"),
        ("''", ""),
    ],
)
def test_a_value_is_read(written: str, meant: str | None) -> None:
    assert values_of(read_course_sql(f"{NAV}('i',{written},'1');")) == [meant]


def test_hundreds_of_rows_in_one_statement_know_their_lines() -> None:
    rows = ",\n".join(f"('i','n{number}','1')" for number in range(500))

    file = read_course_sql(f"-- 1\n{NAV}\n{rows};")

    assert [row.line for row in file.rows] == list(range(3, 503))
    assert file.rows[-1].values["name"] == "n499"


def test_lines_are_counted_the_same_with_any_line_ends() -> None:
    text = f"--\n{NAV}('i','a','1');\n\n{NAV}('i','two\nlines','1');\n{NAV}('i','c','1');\n"

    for ends in ("\n", "\r\n", "\r"):
        file = read_course_sql(text.replace("\n", ends))
        assert [row.line for row in file.rows] == [2, 4, 6]


def test_without_column_names_the_files_own_table_gives_the_order() -> None:
    create = "CREATE TABLE IF NOT EXISTS axf_nav (name text, trackid int, x int, PRIMARY KEY(x));"
    rows = "INSERT INTO axf_nav VALUES ('抢',1,2);"

    for text in (create + rows, rows + create):
        assert values_of(read_course_sql(text)) == ["抢"]
        assert values_of(read_course_sql(text), "trackid") == ["1"]


def test_columns_may_be_more_or_fewer() -> None:
    file = read_course_sql((DATA / "dump.sql").read_text())

    goods = [row for row in file.rows if row.table == "axf_goods"]
    assert "keywords" not in goods[0].values
    assert "pmdesc" not in goods[0].values
    assert goods[0].values["price"] == "9.900000"


def test_the_course_order_is_known_without_sort_and_with_id() -> None:
    file = read_course_sql(
        "INSERT INTO axf_foodtype VALUES (1,'700001','水果','全部分类:0');"
        "INSERT INTO axf_foodtype VALUES ('700001','水果','全部分类:0',9);"
    )

    assert file.refusals == []
    assert values_of(file, "typeid") == ["700001", "700001"]
    assert {row.table for row in file.rows} == {"axf_foodtypes"}


def test_foreign_tables_are_counted_and_nothing_of_them_is_kept() -> None:
    file = read_course_sql((DATA / "dump.sql").read_text())

    assert file.foreign == {"auth_user": 1}
    assert file.refusals == []
    assert "secret" not in repr(file)


def test_text_before_the_sql_is_passed_over() -> None:
    junk = "Here's the data; insert into your database:\n\n1) don't panic /*\ncreate a table\n"

    assert values_of(read_course_sql(f"{junk}{NAV}('i','抢','1');")) == ["抢"]


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        (f"{NAV}('i','a','1'),\n('i','b',", 2, "cut off"),
        (f"{NAV}('i','a','1'),\n('i','b','1')", 2, "cut off"),
        (f"{NAV}('i','a','1');\n{NAV}('i','b", 2, "cut off"),
        (f"{NAV}('i','it's','1');\n", 2, "cut off"),
        ("\nINSERT INTO auth_user VALUES (1,'x", 2, "cut off"),
        (f"{NAV}('i','a','1');\nhello there;", 2, "neither an SQL statement"),
        (f"LOCK TABLES x WRITE\n{NAV}('i','a','1');", 2, "no end"),
        (f"{NAV}('i','a','1')\n{NAV}('i','b','1');", 2, "no end"),
        (f"{NAV}('i','a'),\n('i','b','1');", 1, "2 values for 3 columns"),
        (f"{NAV}('i','a','1'),\n('i',,'b','1');", 2, "a value is missing"),
        (f"{NAV}('i','a','1'),\n('i','b','1'),;", 2, "ends in the middle"),
        (f"{NAV}('i','a','1')\n('i','b','1');", 2, "a comma, a bracket"),
        (f"{NAV}('i','a','1'),\n('i',CONCAT('b','c'),'1');", 2, "name is not a plain value"),
        ("INSERT INTO axf_nav VALUES ('i','a','1','2','3');", 1, "have no column names"),
        ("INSERT INTO axf_goods VALUES ('a','b','c');", 1, "have no column names"),
        ("INSERT INTO axf_nav SELECT * FROM axf_shop;", 1, "only INSERT … VALUES"),
        ("INSERT INTO axf_nav SET name='a';", 1, "only INSERT … VALUES"),
    ],
)
def test_what_cannot_be_read_is_named_with_its_line(text: str, line: int, reason: str) -> None:
    [(found, words)] = reasons_of(text)

    assert found == line
    assert reason in words


@pytest.mark.parametrize(
    "text", ["", "hello", "'", "/*", "((((", "-- \n#", ";;;", "\ufeff", "delimiter", "😀" * 99]
)
def test_a_file_without_sql_has_no_rows(text: str) -> None:
    assert read_course_sql(text).rows == []


def test_brackets_without_end_are_refused_not_followed() -> None:
    assert len(reasons_of(f"{NAV}{'(' * 50_000};")) == 1
