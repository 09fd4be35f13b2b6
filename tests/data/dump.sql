-- MySQL dump 10.13  Distrib 5.7.24, for Linux (x86_64)
/*!40101 SET NAMES utf8 */;
/*!40014 SET @OLD_FOREIGN_KEY_CHECKS=@@FOREIGN_KEY_CHECKS, FOREIGN_KEY_CHECKS=0 */;

DROP TABLE IF EXISTS `auth_user`;
CREATE TABLE `auth_user` (
  `id` int(11) NOT NULL AUTO_INCREMENT,
  `password` varchar(128) NOT NULL,
  `username` varchar(150) NOT NULL,
  PRIMARY KEY (`id`)
) ENGINE=InnoDB AUTO_INCREMENT=3 DEFAULT CHARSET=utf8;
LOCK TABLES `auth_user` WRITE;
/*!40000 ALTER TABLE `auth_user` DISABLE KEYS */;
INSERT INTO `auth_user` VALUES (1,'pbkdf2_sha256$36000$made-up-secret','honey;badger'),(2,'pbkdf2$x','it\'s; me');
/*!40000 ALTER TABLE `auth_user` ENABLE KEYS */;
UNLOCK TABLES;

DROP TABLE IF EXISTS `axf_foodtypes`;
CREATE TABLE `axf_foodtypes` (
  `id` int(11) NOT NULL AUTO_INCREMENT,
  `typeid` varchar(10) NOT NULL,
  `typename` varchar(20) NOT NULL COMMENT '名称; "分类"',
  `childtypenames` varchar(200) NOT NULL,
  `isDelete` tinyint(1) NOT NULL DEFAULT '0',
  PRIMARY KEY (`id`),
  KEY `typeid` (`typeid`)
) ENGINE=InnoDB AUTO_INCREMENT=4 DEFAULT CHARSET=utf8;
INSERT INTO `axf_foodtypes` VALUES (1,'700001','优选水果','全部分类:0#国产水果:700011#进口水果:700012',0),(2,'700002','饮料','全部分类:0#茶饮/咖啡:700021',0),(3,'700003','旧的','全部分类:0',1);

CREATE TABLE `axf_goods` (
  `id` int(11) NOT NULL AUTO_INCREMENT,
  `productid` varchar(10) NOT NULL,
  `productimg` varchar(150) NOT NULL,
  `productname` varchar(50) NOT NULL,
  `productlongname` varchar(100) NOT NULL,
  `isxf` tinyint(1) NOT NULL,
  `specifics` varchar(20) NOT NULL,
  `price` double NOT NULL,
  `marketprice` double NOT NULL,
  `categoryid` varchar(10) NOT NULL,
  `childcid` varchar(10) NOT NULL,
  `childcidname` varchar(10) NOT NULL,
  `dealerid` varchar(10) NOT NULL,
  `storenums` int(11) NOT NULL,
  `productnum` int(11) NOT NULL,
  `keywords` varchar(100) DEFAULT NULL,
  `brand` varchar(20) DEFAULT NULL,
  PRIMARY KEY (`id`)
) ENGINE=InnoDB AUTO_INCREMENT=5 DEFAULT CHARSET=utf8;
INSERT INTO `axf_goods` VALUES
(1,'901','http://img.example/901.jpg','','蜂蜜脆苹果 500g',0,'500g','9.900000','12.500000','700001','700011','国产水果','1','200','4',NULL,'小蜂'),
(2,'902','http://img.example/902.jpg','甜橙,水果','小蜂甜橙',1,'1kg',15.8,15.8,700001,700012,'进口水果','1',50,100001033,'甜,橙',NULL),
(3,'901','http://img.example/901.jpg','','蜂蜜脆苹果 500g',0,'500g',9.9,8,700002,700011,'国产水果','1',0,7,NOW(),NULL),
(4,'903','','绿茶','蜂农绿茶',0,'',5,0,700002,799999,'没有的','1',10,0,NULL,NULL);
-- Dump completed
